package dev.muster.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.muster.call.CallPlans;
import dev.muster.call.MemoryOf;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Bodies and their bounds, as they come over the wire.
@ExtendWith(NoLeaks.class)
class ResponseBodiesTest {

    private static final int LIMIT = 10_000;
    private static final Upstreams UPSTREAMS =
            Upstreams.with().maxResponseBytes(LIMIT).open();

    @AfterAll
    static void close() {
        UPSTREAMS.close();
    }

    @Test
    void aBodyMayHaveAsManyBytesAsTheLimitAndNotOneMore() throws Exception {
        assertThat(body("", "a".repeat(LIMIT).getBytes(US_ASCII))).hasSize(LIMIT);
        assertTooLarge("", "a".repeat(LIMIT + 1).getBytes(US_ASCII));
    }

    @Test
    void aChunkedBodyMayHaveAsManyBytesAsTheLimitAndNotOneMore() throws Exception {
        assertThat(chunked(LIMIT)).isInstanceOf(CallOutcome.Succeeded.class);
        assertThat(chunked(LIMIT + 1))
                .isInstanceOfSatisfying(
                        CallOutcome.Failed.class,
                        failed -> assertThat(failed.type()).isEqualTo(FailureType.RESPONSE_TOO_LARGE));
    }

    private static CallOutcome chunked(int length) throws Exception {
        var response = new StringBuilder("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        int whole = length / 100;
        response.append(("64\r\n" + "a".repeat(100) + "\r\n").repeat(whole));
        int rest = length % 100;
        if (rest > 0) {
            response.append(Integer.toHexString(rest))
                    .append("\r\n")
                    .append("a".repeat(rest))
                    .append("\r\n");
        }
        try (var server = RawServer.answering(response + "0\r\n\r\n")) {
            return UPSTREAMS.call(CallPlans.to(server.url("/")));
        }
    }

    @Test
    void aBodyThatEndsWithItsConnectionIsComplete() throws Exception {
        try (var server = RawServer.serving(peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end");
        })) {
            assertThat(succeeded(UPSTREAMS.call(CallPlans.to(server.url("/")))).body())
                    .asString()
                    .isEqualTo("until the end");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "x-gzip", "GZIP", " gzip "})
    void gzipIsUndoneAndItsHeadersAreDropped(String encoding) throws Exception {
        UpstreamResponse response = succeeded(answer("content-encoding:" + encoding + "\r\n", gzip("hello")));
        assertThat(response.body()).asString().isEqualTo("hello");
        assertThat(response.headers().containsKey("content-encoding")).isFalse();
        assertThat(response.headers().containsKey("content-length")).isFalse();
    }

    @Test
    void deflateIsUndone() throws Exception {
        var compressed = new ByteArrayOutputStream();
        try (OutputStream out = new DeflaterOutputStream(compressed)) {
            out.write("hello".getBytes(US_ASCII));
        }
        assertThat(body("content-encoding: deflate\r\n", compressed.toByteArray()))
                .asString()
                .isEqualTo("hello");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 1_000, 9_000})
    void deflateWithoutItsWrapperIsUndone(int length) throws Exception {
        byte[] whole = new byte[length];
        new Random(1).nextBytes(whole);
        for (int level = 0; level <= 9; level++) {
            var compressed = new ByteArrayOutputStream();
            try (OutputStream out = new DeflaterOutputStream(compressed, new Deflater(level, true))) {
                out.write(whole);
            }
            assertThat(body("content-encoding: deflate\r\n", compressed.toByteArray()))
                    .containsExactly(whole);
        }
    }

    @Test
    void gzipOfSeveralMembersIsUndone() throws Exception {
        assertThat(body("content-encoding: gzip\r\n", concatenated(gzip("one, "), gzip(""), gzip("two"))))
                .asString()
                .isEqualTo("one, two");
    }

    @Test
    void gzipMayHaveEveryFieldOfItsHeader() throws Exception {
        byte[] plain = gzip("hello");
        byte[] fields = {3, 0, 'e', 'x', 't', 'n', 'a', 'm', 'e', 0, 'c', 0, 1, 2};
        byte[] head = Arrays.copyOf(plain, 10);
        head[3] = 0x1e;
        assertThat(body(
                        "content-encoding: gzip\r\n",
                        concatenated(head, fields, Arrays.copyOfRange(plain, 10, plain.length))))
                .asString()
                .isEqualTo("hello");
    }

    @Test
    void whatFollowsGzipAndIsNoneIsIgnored() throws Exception {
        assertThat(body("content-encoding: gzip\r\n", concatenated(gzip("hello"), new byte[100])))
                .asString()
                .isEqualTo("hello");
    }

    @Test
    void gzipOfVeryManyMembersFailsAtOnce() throws Exception {
        byte[][] members = new byte[15_000][];
        Arrays.fill(members, gzip(""));
        try (var roomy = Upstreams.with().maxResponseBytes(1 << 20).open();
                var server = RawServer.answering(head("content-encoding: gzip\r\n", concatenated(members)))) {
            assertThat(roomy.call(CallPlans.to(server.url("/"))))
                    .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                        assertThat(failed.type()).isEqualTo(FailureType.PROTOCOL_ERROR);
                        assertThat(failed.detail()).isEqualTo("the response has more than 1000 gzip members");
                    });
        }
    }

    private static byte[] concatenated(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    @Test
    void anEncodingThatMusterDoesNotKnowIsLeftAsItCame() throws Exception {
        for (String encoding : new String[] {"br", "zstd", "gzip, gzip", "identity"}) {
            byte[] bytes = {1, 2, (byte) 0xff};
            UpstreamResponse response = succeeded(answer("content-encoding: " + encoding + "\r\n", bytes));
            assertThat(response.body()).containsExactly(1, 2, 0xff);
            assertThat(response.header("content-encoding")).isEqualTo(encoding);
        }
    }

    @Test
    void corruptOrTruncatedGzipIsAProtocolError() throws Exception {
        byte[] whole = gzip("hello".repeat(100));
        byte[] truncated = Arrays.copyOf(whole, whole.length - 12);
        byte[] corrupt = whole.clone();
        corrupt[whole.length / 2] ^= 0x55;
        byte[] wrongLength = whole.clone();
        wrongLength[whole.length - 1] ^= 1;
        byte[] cutHead = Arrays.copyOf(whole, 5);
        byte[] cutTrailer = Arrays.copyOf(whole, whole.length - 1);
        byte[] cutSecond = concatenated(whole, truncated);
        byte[] otherMethod = whole.clone();
        otherMethod[2] = 7;
        for (byte[] bytes : new byte[][] {
            "not gzip at all".getBytes(US_ASCII),
            truncated,
            corrupt,
            wrongLength,
            cutHead,
            cutTrailer,
            cutSecond,
            otherMethod
        }) {
            assertThat(answer("content-encoding: gzip\r\n", bytes))
                    .isInstanceOfSatisfying(
                            CallOutcome.Failed.class,
                            failed -> assertThat(failed.type()).isEqualTo(FailureType.PROTOCOL_ERROR));
        }
    }

    @Test
    void aDecompressedBodyMayHaveAsManyBytesAsTheLimitAndNotOneMore() throws Exception {
        assertThat(body("content-encoding: gzip\r\n", gzip("a".repeat(LIMIT)))).hasSize(LIMIT);
        assertTooLarge("content-encoding: gzip\r\n", gzip("a".repeat(LIMIT + 1)));
    }

    @Test
    void aBombCostsNoMoreThanTheLimit() throws Exception {
        // 10,000 bytes of gzip that hold ten million
        byte[] bomb = gzip("a".repeat(9_900_000));
        assertThat(bomb.length).isLessThan(LIMIT);
        try (var server = RawServer.answering(head("content-encoding: gzip\r\n", bomb))) {
            UPSTREAMS.call(CallPlans.to(server.url("/")));
            var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = threads.getTotalThreadAllocatedBytes();
            int calls = 50;
            for (int i = 0; i < calls; i++) {
                assertThat(UPSTREAMS.call(CallPlans.to(server.url("/"))))
                        .isInstanceOfSatisfying(
                                CallOutcome.Failed.class,
                                failed -> assertThat(failed.type()).isEqualTo(FailureType.RESPONSE_TOO_LARGE));
            }
            assertThat((threads.getTotalThreadAllocatedBytes() - before) / calls)
                    .isLessThan(2_000_000L);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 304})
    void aStatusWithoutBodyEndsAtItsHead(int status) throws Exception {
        try (var server =
                RawServer.answering("HTTP/1.1 " + status + " x\r\netag: \"a\"\r\ncontent-encoding: gzip\r\n\r\n")) {
            for (int i = 0; i < 3; i++) {
                UpstreamResponse response = succeeded(UPSTREAMS.call(CallPlans.to(server.url("/"))));
                assertThat(response.status()).isEqualTo(status);
                assertThat(response.body()).isEmpty();
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void anAnswerToHeadEndsAtItsHeadWhateverItsContentLength() throws Exception {
        try (var server =
                RawServer.answering("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\ncontent-encoding: gzip\r\n\r\n")) {
            for (int i = 0; i < 3; i++) {
                UpstreamResponse response =
                        succeeded(UPSTREAMS.call(CallPlans.to(server.url("/")).method("HEAD")));
                assertThat(response.body()).isEmpty();
                assertThat(response.header("content-length")).isEqualTo("1000000");
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void aStatusThatIsNoSuccessKeepsItsResponse() throws Exception {
        try (var server = RawServer.answering("HTTP/1.1 503 x\r\ncontent-length: 4\r\n\r\nbusy")) {
            assertThat(UPSTREAMS.call(CallPlans.to(server.url("/"))))
                    .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                        assertThat(failed.type()).isEqualTo(FailureType.HTTP_STATUS);
                        assertThat(Objects.requireNonNull(failed.response()).body())
                                .asString()
                                .isEqualTo("busy");
                    });
            assertThat(UPSTREAMS.call(CallPlans.to(server.url("/")).success("503")))
                    .isInstanceOf(CallOutcome.Succeeded.class);
        }
    }

    @Test
    void theCallsOfABatchShareItsBytes() throws Exception {
        try (var server = RawServer.serving(peer -> {
            for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
                int length = Integer.parseInt(request.target().substring(1));
                peer.write(RawServer.ok("a".repeat(length)));
            }
        })) {
            // With the heads, which count as 167 bytes where the length has three digits, and as 165 where it has one.
            int budget = 600 + 167 + 400 + 167 + 165;
            var batch = new ByteBudget(budget, new MemoryOf(budget));
            assertThat(take(server, 600, batch)).isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(take(server, 400 + 165 + 1, batch))
                    .isInstanceOfSatisfying(
                            CallOutcome.Failed.class,
                            failed -> assertThat(failed.type()).isEqualTo(FailureType.RESPONSE_TOO_LARGE));
            // What did not fit has taken nothing from those that do.
            assertThat(take(server, 400, batch)).isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(take(server, 1, batch)).isInstanceOf(CallOutcome.Failed.class);
            assertThat(take(server, 0, batch)).isInstanceOf(CallOutcome.Succeeded.class);
        }
    }

    @Test
    void aResponseFailsForWhichThereIsNoMemory() throws Exception {
        try (var server = RawServer.answering(RawServer.ok("a".repeat(600)))) {
            var memory = new MemoryOf(599);
            assertThat(take(server, 600, new ByteBudget(1_000, memory)))
                    .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                        assertThat(failed.type()).isEqualTo(FailureType.RESPONSE_TOO_LARGE);
                        assertThat(failed.detail())
                                .isEqualTo("the batches taken on hold too much memory to keep the response");
                    });
            assertThat(memory.left()).as("all that was taken is given back").hasValue(599);
        }
    }

    private static CallOutcome take(RawServer server, int length, ByteBudget batch) {
        CallPlan plan = CallPlans.to(server.url("/" + length)).build();
        return Objects.requireNonNull(
                UPSTREAMS.make(plan, UPSTREAMS.live(plan, batch)).block(Upstreams.BOUND));
    }

    private static byte[] body(String headers, byte[] bytes) throws Exception {
        return succeeded(answer(headers, bytes)).body();
    }

    private static void assertTooLarge(String headers, byte[] bytes) throws Exception {
        assertThat(answer(headers, bytes))
                .isInstanceOfSatisfying(
                        CallOutcome.Failed.class,
                        failed -> assertThat(failed.type()).isEqualTo(FailureType.RESPONSE_TOO_LARGE));
    }

    private static CallOutcome answer(String headers, byte[] bytes) throws Exception {
        try (var server = RawServer.answering(head(headers, bytes))) {
            return UPSTREAMS.call(CallPlans.to(server.url("/")));
        }
    }

    private static String head(String headers, byte[] bytes) {
        return "HTTP/1.1 200 OK\r\n" + headers + "content-length: " + bytes.length + "\r\n\r\n"
                + new String(bytes, ISO_8859_1);
    }

    private static UpstreamResponse succeeded(CallOutcome outcome) {
        assertThat(outcome).isInstanceOf(CallOutcome.Succeeded.class);
        return ((CallOutcome.Succeeded) outcome).response();
    }

    private static byte[] gzip(String text) throws IOException {
        var compressed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(compressed)) {
            out.write(text.getBytes(US_ASCII));
        }
        return compressed.toByteArray();
    }
}
