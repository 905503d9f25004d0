package dev.muster.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/// Whatever bytes come, a batch is read or refused.
class BatchReaderFuzzTest {

    private static final BatchReader READER = new BatchReader(5, Set.of("pricing", "notes"));
    private static final Duration TIME = Duration.ofMillis(500);
    private static final List<byte[]> SEEDS = List.of(bytes("""
                    {"strategy": "gather", "timeout": "800ms", "onFailure": "fail", "concurrency": 64, "minSuccess": 1,
                     "requests": ["http://inventory:8080/items/7",
                       {"id": "a", "url": "http://[::1]:80/", "timeout": "PT0.04S", "required": true, "success": ["2xx"]},
                       {"id": "b", "service": "notes", "path": "/items/7?x=%20", "method": "PUT", "redirects": 5,
                        "headers": {"x-tenant": "a", "content-type": "text/plain;charset=utf-16"}, "body": "h\\u00fc"},
                       {"service": "pricing", "path": "/", "headers": {"x": ["ü", "b"]}, "bodyBase64": "AAEC"}]}"""), bytes("""
                    {"requests":[{"url":"https://a/","body":{"a":[1.10,-2e9,true,null,"😀"],"a":{}}},{"url":"http://b/",
                     "body":123456789012345678}],"returnWhen":"first-exception","pending":"cancel","strategy":"wait"}"""));
    private static final List<byte[]> DICTIONARY = List.of(
            bytes("\""),
            bytes("\\ud800"),
            bytes("null"),
            bytes("{"),
            bytes("]"),
            bytes("[".repeat(600)),
            bytes("9".repeat(1_100)),
            bytes("charset="),
            bytes("http://"),
            bytes("..%2f"),
            bytes("PT"),
            bytes("\"id\":\"a\","),
            bytes(","),
            bytes(":"),
            bytes("😀"),
            new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF},
            new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
            new byte[] {0},
            new byte[] {(byte) 0xC0, (byte) 0x80});

    @Test
    void readsTheDocumentsThatItMutates() {
        assertThat(SEEDS)
                .allSatisfy(seed -> assertThat(
                                READER.read(seed, DocumentMemory.UNCOUNTED).calls())
                        .isNotEmpty());
    }

    @RepeatedTest(4)
    void readsOrRefusesWhenADocumentIsMutated(RepetitionInfo repetition) {
        var random = new Random(repetition.getCurrentRepetition());

        for (long end = System.nanoTime() + TIME.toNanos(); System.nanoTime() - end < 0; ) {
            byte[] document = mutate(SEEDS.get(random.nextInt(SEEDS.size())), random);
            try {
                assertThat(READER.read(document, DocumentMemory.UNCOUNTED).calls())
                        .isNotEmpty()
                        .doesNotContainNull();
            } catch (InvalidBatchException invalid) {
                assertThat(invalid.faults())
                        .isNotEmpty()
                        .allSatisfy(fault -> assertThat(fault.pointer()).matches("#(/[A-Za-z0-9._~*%-]*)*"));
            } catch (BatchTooLargeException tooLarge) {
                assertThat(tooLarge).hasMessage("a batch has at most 5 requests");
            } catch (RuntimeException | Error escaped) {
                throw new AssertionError(new String(document, StandardCharsets.ISO_8859_1), escaped);
            }
        }
    }

    private static byte[] mutate(byte[] seed, Random random) {
        byte[] document = seed;
        for (int i = random.nextInt(4); i >= 0; i--) {
            int from = random.nextInt(document.length + 1);
            int length = random.nextInt(3) == 0 ? random.nextInt(Math.min(20, document.length - from) + 1) : 0;
            byte[] put = switch (random.nextInt(4)) {
                case 0 -> DICTIONARY.get(random.nextInt(DICTIONARY.size()));
                case 1 -> new byte[] {(byte) random.nextInt(256)};
                case 2 -> new byte[] {(byte) (' ' + random.nextInt(95))};
                default -> slice(seed, random);
            };
            document = splice(document, from, length, put);
        }
        return document;
    }

    private static byte[] slice(byte[] seed, Random random) {
        int from = random.nextInt(seed.length);
        return Arrays.copyOfRange(seed, from, Math.min(seed.length, from + random.nextInt(40)));
    }

    private static byte[] splice(byte[] document, int from, int length, byte[] put) {
        byte[] spliced = new byte[document.length - length + put.length];
        System.arraycopy(document, 0, spliced, 0, from);
        System.arraycopy(put, 0, spliced, from, put.length);
        System.arraycopy(document, from + length, spliced, from + put.length, document.length - from - length);
        return spliced;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
