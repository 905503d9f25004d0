package dev.muster.web;

import dev.muster.views.View;
import io.swagger.v3.core.util.Yaml31;
import io.swagger.v3.oas.models.PathItem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the API's document says of a view: an operation of its own, with its parameters.
final class ViewOperations {

    private ViewOperations() {}

    /// The operations at the path of `view`.
    ///
    /// @param batches the path that batches are sent to: what that answers, a view answers
    static PathItem of(View view, PathItem batches) {
        Map<String, Object> schema = ViewHandler.schema(view);
        PathItem path = Yaml31.mapper()
                .convertValue(
                        Map.of(
                                "get",
                                operation(view, "get", Map.of("parameters", inQuery(view))),
                                "post",
                                operation(view, "post", Map.of("requestBody", body(schema)))),
                        PathItem.class);
        path.getGet().setResponses(batches.getPost().getResponses());
        path.getPost().setResponses(batches.getPost().getResponses());
        path.getGet().setSecurity(batches.getPost().getSecurity());
        path.getPost().setSecurity(batches.getPost().getSecurity());
        return path;
    }

    private static Map<String, Object> operation(View view, String method, Map<String, Object> input) {
        Map<String, Object> operation = new LinkedHashMap<>();
        operation.put("tags", List.of("views"));
        operation.put("operationId", method + "View_" + view.name().replaceAll("[^A-Za-z0-9]", "_"));
        operation.put("summary", view.description() == null ? "View " + view.name() : view.description());
        operation.putAll(input);
        return operation;
    }

    private static List<Map<String, Object>> inQuery(View view) {
        List<String> required = ViewHandler.required(view);
        List<Map<String, Object>> parameters = new ArrayList<>();
        view.parameters().forEach((name, parameter) -> {
            Map<String, Object> described = new LinkedHashMap<>();
            described.put("name", name);
            described.put("in", "query");
            described.put("required", required.contains(name));
            described.put("schema", parameter.schema());
            parameters.add(described);
        });
        return parameters;
    }

    private static Map<String, Object> body(Map<String, Object> schema) {
        return Map.of("required", true, "content", Map.of("application/json", Map.of("schema", schema)));
    }
}
