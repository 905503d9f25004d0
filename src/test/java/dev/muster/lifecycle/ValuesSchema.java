package dev.muster.lifecycle;

import static java.util.Objects.requireNonNull;

import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.core.ResolvableType;
import org.springframework.util.unit.DataSize;

/// What the chart's schema of values says of the configuration, made of the types that it is bound to.
///
/// A name has the spelling of the documentation, and the one in camel case that Spring Boot takes as well. Each value
/// may be a placeholder (`${...}`) in place of what it has to be.
final class ValuesSchema {

    private static final String PLACEHOLDER = "|\\$\\{";

    /// A key in a YAML file has to be quoted by brackets where it has a dot.
    private static final String KEY = "^(\\[.+\\]|[^.\\[\\]]+)$";

    private static final String SERVICE = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

    /// What no type says.
    private static final Map<String, Map<String, Object>> MORE = Map.of(
            "muster.gateway.drain-timeout",
            Map.of("type", "string", "pattern", "^[0-9]+[sm]$"),
            "muster.egress.ports[]",
            Map.of(
                    "type",
                    List.of("string", "integer"),
                    "pattern",
                    "^(\\*|[0-9]+(-[0-9]+)?)$" + PLACEHOLDER,
                    "minimum",
                    1,
                    "maximum",
                    65_535),
            "muster.views.<>.batch",
            Map.of("additionalProperties", true),
            "muster.auth.api-keys.<>[]",
            Map.of(
                    "pattern",
                    "^sha256:[0-9a-f]{64}$" + PLACEHOLDER,
                    "description",
                    "the hash of a key, never the key"));

    private final Map<String, RecordComponent> components = new HashMap<>();
    private final Map<Class<?>, Map<String, String>> descriptions = new HashMap<>();
    private final PropertyTree.Section root;

    private ValuesSchema(PropertyTree.Section root) {
        this.root = root;
        for (Class<?> type : ConfigurationTypes.ALL) {
            if (type.isRecord()) {
                collect(ConfigurationTypes.prefix(type), type);
            }
        }
    }

    /// The definitions `muster` and `resilience4j`.
    static Map<String, Object> definitions() {
        var schema = new ValuesSchema((PropertyTree.Section) ConfigurationTypes.tree());
        Map<String, Object> definitions = new LinkedHashMap<>();
        for (String name : ConfigurationTypes.ROOTS) {
            definitions.put(
                    name, schema.of(requireNonNull(schema.root.children().get(name)), name, "#/definitions/" + name));
        }
        return definitions;
    }

    private void collect(String path, Class<?> type) {
        for (RecordComponent component : type.getRecordComponents()) {
            String name = path;
            if (!PropertyTree.isUnnamed(component)) {
                name += "." + PropertyTree.nameOf(component);
                components.put(name, component);
            }
            ResolvableType componentType = ResolvableType.forType(component.getGenericType());
            Class<?> below = componentType.resolve(Object.class);
            if (Map.class.isAssignableFrom(below)) {
                below = componentType.as(Map.class).getGeneric(1).resolve(Object.class);
                name += ".<>";
            }
            if (below.isRecord()) {
                collect(name, below);
            }
        }
    }

    private Map<String, Object> of(PropertyTree tree, String path, String pointer) {
        Map<String, Object> schema = new LinkedHashMap<>();
        RecordComponent component = components.get(path);
        if (component != null) {
            schema.put("description", description(component));
        }
        switch (tree) {
            case PropertyTree.Section section -> {
                schema.put("type", "object");
                schema.put("additionalProperties", false);
                schema.put("properties", properties(section, path, pointer + "/properties/"));
            }
            case PropertyTree.Entries(var value) -> {
                schema.put("type", "object");
                schema.put("propertyNames", Map.of("pattern", isByService(path, value) ? SERVICE : KEY));
                schema.put("additionalProperties", of(value, path + ".<>", pointer + "/additionalProperties"));
            }
            case PropertyTree.Elements(var element) -> {
                schema.put("type", List.of("array", "string"));
                schema.put("items", of(element, path + "[]", pointer + "/items"));
            }
            case PropertyTree.Value(var type) -> schema.putAll(scalar(type));
        }
        if (component != null) {
            addBounds(component, schema);
        }
        schema.putAll(MORE.getOrDefault(path, Map.of()));
        return schema;
    }

    private static boolean isByService(String path, PropertyTree value) {
        return path.equals("muster.services")
                || (path.startsWith("resilience4j.") && value instanceof PropertyTree.Section);
    }

    /// Whatever has the same properties as one before it, as `configs` has those of `instances`, refers to that.
    private Map<String, Object> properties(PropertyTree.Section section, String path, String pointer) {
        Map<String, Object> properties = new LinkedHashMap<>();
        Map<PropertyTree, String> before = new HashMap<>();
        section.children().forEach((name, child) -> {
            String same = child instanceof PropertyTree.Entries ? before.putIfAbsent(child, name) : null;
            properties.put(
                    name,
                    same != null && !components.containsKey(path + "." + name)
                            ? Map.of("$ref", pointer + same)
                            : of(child, path + "." + name, pointer + name));
        });
        section.children().keySet().stream()
                .filter(name -> name.contains("-"))
                .forEach(name -> properties.put(camelCase(name), Map.of("$ref", pointer + name)));
        return properties;
    }

    static String camelCase(String name) {
        return Pattern.compile("-(.)")
                .matcher(name)
                .replaceAll(letter -> letter.group(1).toUpperCase(Locale.ROOT));
    }

    private static Map<String, Object> scalar(Class<?> type) {
        if (type.equals(Duration.class)) {
            return scalar("^[0-9]+(ns|us|ms|s|m|h|d)?$|^P.+$", "string", "integer");
        }
        if (type.equals(DataSize.class)) {
            return scalar("^[0-9]+(B|KB|MB|GB|TB)?$", "string", "integer");
        }
        if (List.of(int.class, Integer.class, long.class, Long.class).contains(type)) {
            return scalar("^-?[0-9]+$", "integer", "string");
        }
        if (List.of(double.class, Double.class, float.class, Float.class, BigDecimal.class)
                .contains(type)) {
            return scalar("^-?[0-9]+(\\.[0-9]+)?([eE]-?[0-9]+)?$", "number", "string");
        }
        if (List.of(boolean.class, Boolean.class).contains(type)) {
            return scalar("^(true|false)$", "boolean", "string");
        }
        if (type.equals(URI.class)) {
            return scalar("^https?://[^/@\\s]+(/.*)?$", "string");
        }
        if (type.isEnum()) {
            return scalar(
                    Arrays.stream(type.getEnumConstants())
                            .map(constant -> ((Enum<?>) constant).name())
                            .flatMap(name -> Stream.of(
                                    name.toLowerCase(Locale.ROOT).replace('_', '-'),
                                    name.toLowerCase(Locale.ROOT),
                                    name))
                            .distinct()
                            .collect(Collectors.joining("|", "^(", ")$")),
                    "string");
        }
        return type.equals(Object.class)
                ? Map.of("type", List.of("boolean", "number", "string"))
                : Map.of("type", "string");
    }

    private static Map<String, Object> scalar(String pattern, String... types) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", types.length == 1 ? types[0] : List.of(types));
        schema.put("pattern", pattern + PLACEHOLDER);
        return schema;
    }

    private static void addBounds(RecordComponent component, Map<String, Object> schema) {
        boolean whole = !List.of(double.class, Double.class).contains(component.getType());
        for (Annotation bound : component.getAccessor().getAnnotations()) {
            switch (bound) {
                case Min least -> schema.put("minimum", least.value());
                case Max most -> schema.put("maximum", most.value());
                case DecimalMax most -> schema.put("maximum", Double.parseDouble(most.value()));
                case Positive _ -> schema.put(whole ? "minimum" : "exclusiveMinimum", whole ? 1 : 0);
                case PositiveOrZero _ -> schema.put("minimum", 0);
                case NotBlank _ -> schema.put("minLength", 1);
                default -> {}
            }
        }
    }

    private String description(RecordComponent component) {
        String description = descriptions
                .computeIfAbsent(component.getDeclaringRecord(), ValuesSchema::descriptions)
                .get(component.getName());
        if (description == null) {
            throw new IllegalStateException(component + " has no @param");
        }
        return description;
    }

    /// What the `@param` of a record's own comment say.
    private static Map<String, String> descriptions(Class<?> type) {
        Path source = Path.of("src/main/java", outermost(type).getName().replace('.', '/') + ".java");
        try {
            var comment = Pattern.compile(
                            "((?: *///.*\\R)+)(?: *@.*\\R)*(?: *public )?record " + type.getSimpleName() + "\\(")
                    .matcher(Files.readString(source));
            if (!comment.find()) {
                throw new IllegalStateException(type + " has no comment");
            }
            String text = comment.group(1).replaceAll("(?m)^ *///", "").replaceAll("\\s+", " ");
            Map<String, String> found = new TreeMap<>();
            for (String param : text.split(" @param ", -1)) {
                String[] parts = param.strip().split(" ", 2);
                found.put(parts[0], parts[parts.length - 1].replaceAll("\\[([\\w.#()]+)]", "$1"));
            }
            return found;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static Class<?> outermost(Class<?> type) {
        return type.getEnclosingClass() == null ? type : outermost(type.getEnclosingClass());
    }
}
