package dev.muster.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Documents of 2 MB that are made to cost more than they look like. Whatever is in one, it is read or refused within a
/// bound of processor time, and keeps no more than it tells.
class HostileDocumentsTest {

    private static final int SIZE = 2_000_000;
    private static final BatchReader READER = new BatchReader(1_000, Set.of("notes"));

    /// 100 ms, and what a machine that does other things at the same time takes more.
    private static final Duration MOST_TIME = Duration.ofMillis(200);

    /// How often a document may be read until the compiler has done with what reads it.
    private static final int MOST_READINGS = 20;

    static Stream<Arguments> documents() {
        return Stream.of(
                document("names to expose", call("\"exposeHeaders\": [%s]", i -> "\"h" + i + "\"", ",")),
                document("values of a header", call("\"headers\": {\"a\": [%s]}", _ -> "\"a\"", ",")),
                document("headers", call("\"headers\": {%s}", i -> "\"h" + i + "\":\"\"", ",")),
                document("statuses", call("\"success\": [%s]", _ -> "\"2xx\"", ",")),
                document("unknown fields", "{" + fill(i -> "\"u" + i + "\":0", ",") + "}"),
                document(
                        "unknown fields of many calls",
                        "{\"requests\":[" + fill(i -> "{\"u" + i + "\":0}", ",") + "]}"),
                document("long unknown names", "{" + fill(i -> "\"" + "ü".repeat(20_000) + i + "\":0", ",") + "}"),
                document("names in a body", call("\"body\": {%s}", i -> "\"n" + i + "\":0", ",")),
                document(
                        "names that collide in a body", call("\"body\": {%s}", i -> "\"" + colliding(i) + "\":0", ",")),
                document("names that collide", "{" + fill(i -> "\"" + colliding(i) + "\":0", ",") + "}"),
                document(
                        "ids that collide",
                        "{\"requests\":["
                                + repeat(1_000, i -> "{\"id\":\"" + colliding(i) + "\",\"url\":\"http://a/\"}") + "]}"),
                document(
                        "the same id",
                        "{\"requests\":[" + fill(_ -> "{\"id\":\"a\",\"url\":\"http://a/\"}", ",") + "]}"),
                document("the same field", "{" + fill(_ -> "\"timeout\":\"1s\"", ",") + "}"),
                document("numbers", call("\"body\": [%s]", _ -> "1", ",")),
                document("long numbers", call("\"body\": [%s]", _ -> "1".repeat(1_000), ",")),
                document("a longer number", call("\"body\": %s", _ -> "9", "")),
                document("a long timeout", call("\"timeout\": \"PT%s\"", _ -> "9", "")),
                document("a long method", call("\"method\": \"%s\"", _ -> "A", "")),
                document("a long id", call("\"id\": \"%s\"", _ -> "a", "")),
                document("a long URL", "{\"requests\":[\"http://a/" + fill(_ -> "a", "") + "\"]}"),
                document("nesting", call("\"body\": %s", _ -> "[", "")),
                document("nesting of calls", "{\"requests\":" + fill(_ -> "[", "")),
                document("many nested arrays", call("\"body\": [%s]", _ -> "[[[[[[[[]]]]]]]]", ",")),
                document("escapes", call("\"body\": \"%s\"", _ -> "\\u00e9", "")),
                document("Base64", call("\"bodyBase64\": \"%s\"", _ -> "AAAA", "")),
                document("wrong Base64", call("\"bodyBase64\": \"%s\"", _ -> "AAA=", "")),
                document("a body in UTF-32", text("utf-32", "a")),
                document("a body in UTF-16", text("utf-16", "a")),
                document("a body that shifts", text("iso-2022-jp", "a\u3042")),
                document("a body in GB18030", text("gb18030", "\u00e9")),
                document("a body that cannot be written", text("us-ascii", "\u00e9")),
                urls("URLs that would grow in a normal form", "\ud834\udd60", 680),
                urls("URLs of marks that have an order", "\u0301\u0316", 450),
                urls("URLs of marks that are encoded", "\u0301", 1_300),
                urls("URLs that are too long when they are encoded", "\u0301", 8_000),
                urls("paths of escapes of escapes", "%25", 2_700),
                urls("paths of overlong dots", "%c0%ae", 1_300),
                urls("paths of dots", "/%2e%2e%2e", 800),
                urls("hosts with underscores", "_.a", 10),
                document(
                        "charsets that there are not",
                        calls(i -> "{\"url\":\"http://a/\",\"body\":\"\",\"headers\":{\"content-type\":\"a/b;charset=c"
                                + i + "\"}}")),
                document("calls as small as can be", "{\"requests\":[" + repeat(1_000, _ -> "\"http://a\"") + "]}"),
                document(
                        "calls of many headers",
                        calls(i -> "{\"url\":\"http://a/\",\"headers\":{" + repeat(100, h -> "\"h" + h + "\":\"\"")
                                + "}}")),
                document(
                        "calls of many values",
                        calls(i -> "{\"url\":\"http://a/\",\"exposeHeaders\":[" + repeat(100, h -> "\"h" + h + "\"")
                                + "]}")),
                document(
                        "calls that pick",
                        calls(i -> "{\"url\":\"http://a/\",\"pick\":[" + repeat(100, p -> "\"/" + p + "/a\"") + "]}")),
                document("a long pointer to pick", call("\"pick\": [%s]", _ -> "\"" + "/".repeat(8_000) + "\"", ",")),
                document(
                        "calls of all fields",
                        calls(i ->
                                "{\"service\":\"notes\",\"path\":\"/a\",\"required\":true,\"success\":[\"404\"],\"timeout\":\"1s\",\"body\":"
                                        + i + "}")),
                document("requests", "{\"requests\":[" + fill(_ -> "0", ",") + "]}"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("documents")
    void isReadOrRefusedInBoundedTimeAndKeepsNoMoreThanItTells(String name, byte[] document) {
        assertThat(document.length).as("size").isLessThan(2_097_152);
        long least = Long.MAX_VALUE;
        for (int i = 0; i < MOST_READINGS && least > MOST_TIME.toNanos() / 4; i++) {
            long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            read(document, DocumentMemory.UNCOUNTED);
            least = Math.min(least, ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start);
        }
        assertThat(Duration.ofNanos(least)).as("processor time").isLessThan(MOST_TIME);

        int copies = 4;
        List<Object> kept = new ArrayList<>(copies);
        var told = new AtomicLong();
        long before = used();
        long bodies = 0;
        for (int i = 0; i < copies; i++) {
            Object read = read(document, told::addAndGet);
            if (read instanceof BatchRequest batch) {
                // Large arrays take whole regions of a heap, which says nothing of the reader.
                bodies += batch.calls().stream()
                        .map(call -> call.message().body())
                        .filter(Objects::nonNull)
                        .mapToLong(body -> body.bytes().length)
                        .sum();
                kept.addAll(batch.calls().stream()
                        .map(HostileDocumentsTest::withoutBody)
                        .toList());
            }
            kept.add(read instanceof BatchRequest ? new Object() : read);
        }
        long heap = used() - before + bodies;
        assertThat(kept).hasSizeGreaterThanOrEqualTo(copies);
        // What is not the reader's: other threads of this process.
        assertThat(heap).as("bytes kept").isLessThan(told.get() + 400_000);
        assertThat(told.get() / copies).as("bytes told").isLessThan(12L * SIZE);
    }

    private static CallRequest withoutBody(CallRequest call) {
        return new CallRequest(
                call.id(),
                call.target(),
                new RequestMessage(call.message().method(), call.message().headers(), null),
                call.timeout(),
                call.response(),
                call.needs());
    }

    private static Object read(byte[] document, DocumentMemory memory) {
        try {
            return READER.read(document, memory);
        } catch (InvalidBatchException | BatchTooLargeException refusal) {
            return refusal;
        }
    }

    private static long used() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static Arguments document(String name, String text) {
        return Arguments.of(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private static Arguments urls(String name, String part, int times) {
        return document(
                name,
                calls(_ -> "{\"service\":\"notes\",\"path\":\"/" + part.repeat(times) + "\"},\"http://a/"
                        + part.repeat(times) + "\""));
    }

    /// One call with `field`, which holds as many `parts` as fit.
    private static String call(String field, IntFunction<String> parts, String separator) {
        return "{\"requests\":[{\"url\":\"http://a/\"," + field.formatted(fill(parts, separator)) + "}]}";
    }

    /// As many calls as fit, 450 at the most.
    private static String calls(IntFunction<String> call) {
        var calls = new StringBuilder(call.apply(0));
        int bytes = 0;
        for (int i = 1; i < 450; i++) {
            String next = "," + call.apply(i);
            bytes += next.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > SIZE - 45_000) {
                break;
            }
            calls.append(next);
        }
        return "{\"requests\":[" + calls + "]}";
    }

    private static String text(String charset, String text) {
        return call(
                "\"headers\":{\"content-type\":\"text/plain;charset=" + charset + "\"},\"body\":\"%s\"", _ -> text, "");
    }

    private static String fill(IntFunction<String> part, String separator) {
        var filled = new StringBuilder();
        int bytes = 0;
        for (int i = 0; bytes < SIZE - 45_000; i++) {
            String next = (i == 0 ? "" : separator) + part.apply(i);
            bytes += next.getBytes(StandardCharsets.UTF_8).length;
            filled.append(next);
        }
        return filled.toString();
    }

    private static String repeat(int times, IntFunction<String> part) {
        var repeated = new StringBuilder();
        for (int i = 0; i < times; i++) {
            repeated.append(i == 0 ? "" : ",").append(part.apply(i));
        }
        return repeated.toString();
    }

    /// Texts of 40 characters with one `String.hashCode`.
    private static String colliding(int number) {
        var text = new StringBuilder();
        for (int bit = 19; bit >= 0; bit--) {
            text.append((number >> bit & 1) == 0 ? "Aa" : "BB");
        }
        return text.toString();
    }
}
