package dev.muster.acceptance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Makes batches from the schemas of the OpenAPI document: each field that it has, with a value that fits its schema
/// or, now and then, one that does not. What a pattern stands for comes from a list of words; no URL among them leads
/// out of this machine.
final class SchemaSamples {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final JsonMapper JSON = new JsonMapper();

    private static final Map<String, List<String>> WORDS = Map.ofEntries(
            Map.entry("id", List.of("a", "b", "c", "d.e-f_1", "x".repeat(64))),
            Map.entry(
                    "url",
                    List.of(
                            "http://127.0.0.1:1/",
                            "http://10.0.0.1/x?y#z",
                            "https://[::1]/",
                            "http://localhost/",
                            "http://2130706433/")),
            Map.entry("service", List.of("up", "up", "faulty", "refusing")),
            Map.entry(
                    "path",
                    List.of(
                            "/ok",
                            "/ok?a=%2F",
                            "/status/404",
                            "/tricky-json",
                            "/invalid-json",
                            "/binary",
                            "/latin-text",
                            "/redirect/2",
                            "/reset-before-headers",
                            "/garbage",
                            "/truncated-body",
                            "/labelled",
                            "/delay/20",
                            "/gzip-bomb",
                            "/black-hole",
                            "/ü")),
            Map.entry("method", List.of("GET", "POST", "put", "DELETE", "HEAD", "PATCH", "OPTIONS", "X-Y")),
            Map.entry("timeout", List.of("50ms", "1s", "PT0.05S", "1m")),
            Map.entry("success", List.of("2xx", "404", "5xx")),
            Map.entry("exposeHeaders", List.of("set-cookie", "X-Y")),
            Map.entry("bodyBase64", List.of("", "AAEC", "/+8=")),
            Map.entry("strategy", List.of("gather", "as-completed", "first-completed", "wait")));
    private static final List<String> JUNK = List.of(
            "null",
            "0",
            "-1",
            "1e999",
            "99999999999999999999",
            "\"\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"a\\r\\nb: c\"",
            "[]",
            "{}",
            "[[[[]]]]",
            "true",
            "\"http://user:pw@127.0.0.1/\"",
            "\"../..\"",
            "\"é😀\"",
            "{\"a\":{\"a\":[]}}");

    private final JsonNode document;
    private final Random random;

    SchemaSamples(JsonNode document, Random random) {
        this.document = document;
        this.random = random;
    }

    String batch() {
        return sample(document.at("/components/schemas/Batch"), "batch", 0).toString();
    }

    private JsonNode sample(JsonNode schema, String name, int depth) {
        if (random.nextInt(60) == 0) {
            return JSON.readTree(JUNK.get(random.nextInt(JUNK.size())));
        }
        if (schema.has("$ref")) {
            return sample(document.at(schema.path("$ref").asString().substring(1)), name, depth);
        }
        if (schema.has("enum")) {
            var values = schema.path("enum");
            return values.get(random.nextInt(values.size()));
        }
        if (schema.has("oneOf") && !schema.has("properties")) {
            var choices = schema.path("oneOf");
            return sample(choices.get(random.nextInt(choices.size())), name, depth);
        }
        JsonNode types = schema.path("type");
        // Of several, the first is what it is, and the others what it may be as well.
        return switch ((types.isArray() ? types.get(0) : types).asString("any")) {
            case "null" -> NODES.nullNode();
            case "object" -> object(schema, depth);
            case "array" -> array(schema, name, depth);
            case "integer" -> NODES.numberNode(schema.path("minimum").asInt(0) + random.nextInt(4));
            case "boolean" -> NODES.booleanNode(random.nextBoolean());
            case "string" -> string(name);
            default -> JSON.readTree(JUNK.get(random.nextInt(JUNK.size())));
        };
    }

    private JsonNode object(JsonNode schema, int depth) {
        ObjectNode object = NODES.objectNode();
        if (!schema.has("properties")) {
            for (int i = random.nextInt(3); i > 0; i--) {
                object.set(
                        "x-" + i,
                        random.nextBoolean()
                                ? sample(schema.path("additionalProperties"), "header", depth + 1)
                                : string("header"));
            }
            return object;
        }
        schema.path("properties").properties().forEach(field -> {
            if (wanted(field.getKey())) {
                object.set(field.getKey(), sample(field.getValue(), field.getKey(), depth + 1));
            }
        });
        if (schema.path("properties").has("url") && random.nextInt(3) == 0) {
            // As the description has it.
            return string("url");
        }
        if (schema.path("properties").has("url") && random.nextInt(10) > 0) {
            // One target, as the schema asks for.
            object.remove(random.nextInt(4) == 0 ? List.of("service", "path") : List.of("url"));
            if (!object.has("url")) {
                object.set("service", string("service"));
                object.set("path", string("path"));
            }
        }
        return object;
    }

    /// Fields that one strategy alone has a use for are rare, or nearly every batch would be refused.
    private boolean wanted(String field) {
        return switch (field) {
            case "requests" -> true;
            case "returnWhen", "pending", "minSuccess", "onFailure", "required", "bodyBase64", "dependsOn" ->
                random.nextInt(12) == 0;
            default -> random.nextInt(3) == 0;
        };
    }

    private JsonNode array(JsonNode schema, String name, int depth) {
        ArrayNode array = NODES.arrayNode();
        int most = depth > 4 ? 1 : name.equals("requests") ? 6 : 2;
        for (int i = random.nextInt(most) + schema.path("minItems").asInt(0); i > 0; i--) {
            array.add(sample(schema.path("items"), name, depth + 1));
        }
        return array;
    }

    private JsonNode string(String name) {
        var words =
                new ArrayList<>(WORDS.getOrDefault(name.equals("requests") ? "url" : name, List.of("a", "ü", "value")));
        return NODES.stringNode(words.get(random.nextInt(words.size())));
    }
}
