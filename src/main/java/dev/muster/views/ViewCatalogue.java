package dev.muster.views;

import dev.muster.request.BatchReader;
import dev.muster.request.BatchRequest;
import dev.muster.request.BatchTooLargeException;
import dev.muster.request.Fault;
import dev.muster.request.InvalidBatchException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The views that are configured.
public final class ViewCatalogue {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9-]*");

    private final Map<String, View> views = new TreeMap<>();

    /// @param reader reads their batches, as it does those of callers
    /// @throws IllegalArgumentException if something is wrong with them
    public ViewCatalogue(Map<String, ViewProperties> views, BatchReader reader) {
        views.forEach((name, properties) -> {
            View view = read(name, properties, reader, (path, fault) -> {
                throw new IllegalArgumentException(path + ' ' + fault);
            });
            if (view != null) {
                this.views.put(name, view);
            }
        });
    }

    /// Notes everything that is wrong with `views`, each fault with its property.
    public static void check(Map<String, ViewProperties> views, BatchReader reader, BiConsumer<String, String> faults) {
        views.forEach((name, properties) -> read(name, properties, reader, faults));
    }

    /// The view called `name`, or `null` if there is none.
    public @Nullable View named(String name) {
        return views.get(name);
    }

    /// All of them, by name.
    public Collection<View> all() {
        return views.values();
    }

    private static @Nullable View read(
            String name, ViewProperties properties, BatchReader reader, BiConsumer<String, String> faults) {
        String path = "muster.views" + step(name);
        if (!NAME.matcher(name).matches()) {
            faults.accept(path, "a view's name must be 1 to 64 of A-Z a-z 0-9 . _ -");
        }
        Map<String, ViewParameter> parameters = new LinkedHashMap<>();
        properties.parameters().forEach((parameter, rules) -> {
            String at = path + ".parameters" + step(parameter);
            if (!NAME.matcher(parameter).matches()) {
                faults.accept(at, "a parameter's name must be 1 to 64 of A-Z a-z 0-9 . _ -");
            }
            parameters.put(
                    parameter, ViewParameter.of(rules, (property, fault) -> faults.accept(at + '.' + property, fault)));
        });
        BatchRequest batch = batch(path + ".batch", properties.batch(), parameters, reader, faults);
        return batch == null ? null : new View(name, properties.description(), parameters, batch);
    }

    private static @Nullable BatchRequest batch(
            String path,
            Map<String, Object> document,
            Map<String, ViewParameter> parameters,
            BatchReader reader,
            BiConsumer<String, String> faults) {
        try {
            BatchRequest batch = reader.readView(ConfiguredDocument.toJson(document), parameters.keySet());
            for (int i = 0; i < batch.calls().size(); i++) {
                for (String used : batch.calls().get(i).parametersAsText()) {
                    ViewParameter parameter = parameters.get(used);
                    if (parameter != null && parameter.isList()) {
                        faults.accept(
                                "%s.requests[%d]".formatted(path, i),
                                "{%s} is a list: it can only be all of a string of body".formatted(used));
                    }
                }
            }
            return batch;
        } catch (InvalidBatchException invalid) {
            for (Fault fault : invalid.faults()) {
                faults.accept(path + below(fault.pointer()), fault.detail());
            }
        } catch (BatchTooLargeException large) {
            faults.accept(path + ".requests", String.valueOf(large.getMessage()));
        }
        return null;
    }

    /// `#/requests/0/path` as `.requests[0].path`.
    private static String below(String pointer) {
        var path = new StringBuilder();
        List<String> steps = List.of(pointer.split("/", -1));
        for (String step : steps.subList(1, steps.size())) {
            path.append(step(URLDecoder.decode(step.replace("+", "%2B"), StandardCharsets.UTF_8)
                    .replace("~1", "/")
                    .replace("~0", "~")));
        }
        return path.toString();
    }

    private static String step(String name) {
        return PLAIN.matcher(name).matches() ? '.' + name : '[' + name + ']';
    }
}
