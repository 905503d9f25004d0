package dev.muster.web;

import dev.muster.auth.Permissions;
import dev.muster.views.View;
import dev.muster.views.ViewCatalogue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/// Answers `/views` and what is below.
final class ViewHandler {

    private final ViewCatalogue views;
    private final BatchHandler batches;
    private final Permissions permissions;

    ViewHandler(ViewCatalogue views, BatchHandler batches, Permissions permissions) {
        this.views = views;
        this.batches = batches;
        this.permissions = permissions;
    }

    /// Answers with the views that the caller may use.
    Mono<ServerResponse> list(ServerRequest request) {
        return BatchHandler.principal(request).flatMap(this::list);
    }

    private Mono<ServerResponse> list(String principal) {
        List<Map<String, Object>> all = views.all().stream()
                .filter(view -> permissions.mayUse(principal, view.name()))
                .map(ViewHandler::describe)
                .toList();
        return ServerResponse.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                .bodyValue(Map.of("views", all));
    }

    private static Map<String, Object> describe(View view) {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("name", view.name());
        if (view.description() != null) {
            described.put("description", view.description());
        }
        described.put("parameters", schema(view));
        return described;
    }

    /// The JSON Schema of the document that has a view's parameters.
    static Map<String, Object> schema(View view) {
        Map<String, Object> properties = new LinkedHashMap<>();
        view.parameters().forEach((name, parameter) -> properties.put(name, parameter.schema()));
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("additionalProperties", false);
        schema.put("properties", properties);
        schema.put("required", required(view));
        return schema;
    }

    static List<String> required(View view) {
        return view.parameters().entrySet().stream()
                .filter(parameter -> parameter.getValue().isRequired())
                .map(Map.Entry::getKey)
                .toList();
    }

    /// Answers as the view's batch does.
    Mono<ServerResponse> run(ServerRequest request) {
        String name = request.pathVariable("name");
        View view = views.named(name);
        if (view == null) {
            return BatchHandler.refuse(
                    Problem.of(HttpStatus.NOT_FOUND, "unknown-view", "Unknown view", "there is no view of this name"));
        }
        return BatchHandler.principal(request)
                .flatMap(principal -> permissions.mayUse(principal, name)
                        ? batches.view(request, view)
                        : BatchHandler.refuse(Problem.of(
                                HttpStatus.FORBIDDEN, "forbidden", "Forbidden", "this caller may not use this view")));
    }
}
