package dev.muster.chart;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What manifests say that their kinds have no field for. The model's classes keep it as `additionalProperties`.
final class UnknownFields {

    private UnknownFields() {}

    static void collect(Object decoded, String path, List<String> unknown) {
        switch (decoded) {
            case Map<?, ?> map -> map.forEach((key, value) -> descend(value, path + "." + key, unknown));
            case Collection<?> items -> items.forEach(item -> descend(item, path + "[]", unknown));
            default -> {
                if (decoded.getClass().getName().startsWith("io.fabric8.")) {
                    properties(decoded, path, unknown);
                }
            }
        }
    }

    private static void properties(Object decoded, String path, List<String> unknown) {
        Arrays.stream(decoded.getClass().getMethods())
                .filter(method -> method.getName().startsWith("get") && method.getParameterCount() == 0)
                .filter(method -> method.getDeclaringClass() != Object.class)
                .forEach(method -> {
                    String name = path + "." + method.getName().substring(3);
                    Object value = value(method, decoded);
                    if (method.getName().equals("getAdditionalProperties") && value instanceof Map<?, ?> map) {
                        map.keySet().forEach(key -> unknown.add(path + "." + key));
                    } else {
                        descend(value, name, unknown);
                    }
                });
    }

    private static void descend(@Nullable Object value, String path, List<String> unknown) {
        if (value != null) {
            collect(value, path, unknown);
        }
    }

    private static @Nullable Object value(Method method, Object decoded) {
        try {
            return method.invoke(decoded);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }
}
