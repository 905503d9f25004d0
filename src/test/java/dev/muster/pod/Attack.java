package dev.muster.pod;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Something that takes memory, time or connections of a gateway. Each is made by several clients at once, again and
/// again; what becomes of a single one does not matter.
enum Attack {

    /// Caller's lists that are slow to put into a set.
    LONG_LISTS(4, (target, more) -> target.post(Documents.LONG_LIST)),
    /// Heads of requests without an end, by strangers.
    ENDLESS_HEADS(200, (target, more) -> {
        try (var connection = target.connect()) {
            write(connection, "POST /batches HTTP/1.1\r\nHost: localhost\r\n" + "aa:\r\n".repeat(3_200));
            idle(more, 5_000);
        }
    }),
    /// Responses that are all head.
    RESPONSE_HEADS(2, (target, more) -> target.post(target.batch(100, "/heads"))),
    /// Documents that are larger when they are read.
    GROWING_URLS(2, (target, more) -> target.post(Documents.GROWING_URLS)),
    UNKNOWN_FIELDS(2, (target, more) -> target.post(Documents.UNKNOWN_FIELDS)),
    LONG_HEADER_LISTS(2, (target, more) -> target.post(Documents.LONG_HEADER_LIST)),
    /// Documents on their way in.
    SLOW_UPLOADS(300, (target, more) -> target.upload(2_000_000, 20_000, more)),
    QUICKER_UPLOADS(20, (target, more) -> target.upload(2_000_000, 220_000, more)),
    /// Large bodies to copy into calls.
    LARGE_BODIES(
            6,
            (target, more) -> target.post(
                    "{\"requests\":[{\"service\":\"up\",\"path\":\"/body\",\"method\":\"POST\",\"body\":\"%s\"}]}"
                            .formatted("x".repeat(400_000)))),
    /// Hosts that nobody has heard of.
    MANY_HOSTS(1, (target, more) -> target.post(target.batchOfHosts(1_000))),
    /// Compressed nothing.
    EMPTY_MEMBERS(2, (target, more) -> target.post(target.batch(20, "/members"))),
    /// Bodies of requests that are refused, by strangers.
    REFUSED_BODIES(5, (target, more) -> {
        try (var connection = target.connect()) {
            write(connection, "POST /batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n");
            byte[] piece = new byte[16_384];
            while (more.getAsBoolean()) {
                connection.getOutputStream().write(piece);
            }
        }
    }),
    /// Connections on which nothing comes, by strangers.
    SILENCE(1_500, (target, more) -> {
        try (var _ = target.connect()) {
            idle(more, 10_000);
        }
    }),
    /// Clients that leave in the middle of a document.
    LEAVING(8, (target, more) -> {
        try (var connection = target.connect()) {
            write(connection, target.head(100_000) + "x".repeat(50_000));
            connection.setSoLinger(true, 0);
        }
    }),
    /// Answers that nobody reads.
    UNREAD_ANSWERS(2, (target, more) -> {
        try (var connection = target.connect()) {
            connection.setReceiveBufferSize(4_096);
            String document = target.batch(12, "/large");
            write(
                    connection,
                    target.head(document.length()).replace("\r\n\r\n", "\r\nAccept: text/event-stream\r\n\r\n"));
            write(connection, document);
            idle(more, 40_000);
        }
    });

    /// Made once: what the attackers do to make them is time that the pod does not have.
    private static final class Documents {

        private static final String LONG_LIST =
                "{\"requests\":[{\"url\":\"http://127.0.0.1/\",\"exposeHeaders\":[%s]}]}"
                        .formatted(IntStream.range(0, 270_000)
                                .mapToObj(i -> "\"" + Integer.toString(i, Character.MAX_RADIX) + "\"")
                                .collect(Collectors.joining(",")));
        private static final String GROWING_URLS = "{\"requests\":[%s]}"
                .formatted(String.join(
                        ",",
                        Collections.nCopies(200, "\"http://127.0.0.1/%s\"".formatted("\ud834\udd60".repeat(2_000)))));
        private static final String UNKNOWN_FIELDS =
                IntStream.range(0, 200_000).mapToObj(i -> "\"" + i + "\":0").collect(Collectors.joining(",", "{", "}"));
        private static final String LONG_HEADER_LIST =
                "{\"requests\":[{\"url\":\"http://127.0.0.1/\",\"headers\":{\"a\":[%s]}}]}"
                        .formatted(String.join(",", Collections.nCopies(490_000, "\"a\"")));
    }

    /// What one client does once.
    @FunctionalInterface
    interface Script {
        void play(Target target, BooleanSupplier more) throws IOException, InterruptedException;
    }

    private final int clients;

    @SuppressWarnings("ImmutableEnumChecker") // the scripts capture nothing
    private final Script script;

    Attack(int clients, Script script) {
        this.clients = clients;
        this.script = script;
    }

    /// How many clients make it at once.
    int clients() {
        return clients;
    }

    /// Makes it again and again, while there is to be `more` of it.
    void keepUp(Target target, BooleanSupplier more) throws InterruptedException {
        while (more.getAsBoolean()) {
            try {
                script.play(target, more);
            } catch (IOException refused) {
                // as it should be
            }
            idle(more, 200);
        }
    }

    private static void idle(BooleanSupplier more, int millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000L;
        while (more.getAsBoolean() && System.nanoTime() < end) {
            Thread.sleep(50);
        }
    }

    private static void write(Socket connection, String text) throws IOException {
        connection.getOutputStream().write(text.getBytes(UTF_8));
    }

    /// A gateway, and the upstream that its service `up` is.
    ///
    /// @param key the key that the attacking caller has
    record Target(int port, String key, int upstream) {

        private static final int READ_TIMEOUT_MILLIS = 30_000;

        Socket connect() throws IOException {
            var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
            socket.setSoTimeout(READ_TIMEOUT_MILLIS);
            return socket;
        }

        String head(int length) {
            return "POST /batches HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    .formatted(key, length);
        }

        String batch(int calls, String path) {
            String call = "{\"service\":\"up\",\"path\":\"%s\"}".formatted(path);
            return "{\"requests\":[%s]}".formatted(String.join(",", Collections.nCopies(calls, call)));
        }

        String batchOfHosts(int calls) {
            return ThreadLocalRandom.current()
                    .ints(calls, 0x100, 0xfffff0)
                    .mapToObj(host -> "\"http://127.%d.%d.%d:%d/host\""
                            .formatted(host >> 16, host >> 8 & 0xff, host & 0xff, upstream))
                    .collect(Collectors.joining(",", "{\"requests\":[", "]}"));
        }

        /// Posts `document` and reads the answer to its end.
        void post(String document) throws IOException {
            byte[] body = document.getBytes(UTF_8);
            try (var connection = connect()) {
                write(connection, head(body.length).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
                connection.getOutputStream().write(body);
                InputStream in = connection.getInputStream();
                in.transferTo(OutputStream.nullOutputStream());
            }
        }

        /// Sends a document of so many bytes at so many a second.
        void upload(int bytes, int bytesPerSecond, BooleanSupplier more) throws IOException, InterruptedException {
            byte[] piece = new byte[bytesPerSecond / 10];
            Arrays.fill(piece, (byte) ' ');
            try (var connection = connect()) {
                write(connection, head(bytes));
                for (int sent = 0; sent < bytes && more.getAsBoolean(); sent += piece.length) {
                    connection.getOutputStream().write(piece);
                    Thread.sleep(100);
                }
            }
        }
    }
}
