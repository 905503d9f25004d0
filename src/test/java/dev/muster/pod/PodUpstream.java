package dev.muster.pod;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// An upstream on every address of loopback: one part of it is well, the others answer what costs their reader most.
/// It counts the requests of each path.
final class PodUpstream implements AutoCloseable {

    private static final int BACKLOG = 4096;
    private static final Pattern LENGTH = Pattern.compile("(?mi)^content-length: *(\\d+)");
    private static final byte[] ITEM = answer("", "{\"id\":7,\"name\":\"Walnut desk\"}".getBytes(UTF_8));
    private static final byte[] LARGE = answer("", json(1_000_000));
    private static final byte[] HEADS = answer("x:\r\n".repeat(7_500), "{}".getBytes(UTF_8));
    private static final byte[] MEMBERS = answer("content-encoding: gzip\r\n", emptyMembers(15_000));

    private final ServerSocket listener;
    private final Map<String, Integer> requests = new ConcurrentHashMap<>();

    private PodUpstream(ServerSocket listener) {
        this.listener = listener;
    }

    static PodUpstream start() throws IOException {
        var listener = new ServerSocket();
        listener.bind(new InetSocketAddress(0), BACKLOG);
        var upstream = new PodUpstream(listener);
        Thread.ofVirtual().start(upstream::accept);
        return upstream;
    }

    int port() {
        return listener.getLocalPort();
    }

    /// How many requests of `path` have come.
    int requests(String path) {
        return requests.getOrDefault(path, 0);
    }

    private void accept() {
        try {
            while (true) {
                var connection = listener.accept();
                Thread.ofVirtual().start(() -> serve(connection));
            }
        } catch (IOException closed) {
            // the end of the test
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            var in = new BufferedInputStream(connection.getInputStream());
            for (String head = head(in); head != null; head = head(in)) {
                var length = LENGTH.matcher(head);
                if (length.find()) {
                    in.skipNBytes(Long.parseLong(length.group(1)));
                }
                String path = head.split(" ", 3)[1];
                requests.merge(path, 1, Integer::sum);
                connection
                        .getOutputStream()
                        .write(
                                switch (path) {
                                    case "/large" -> LARGE;
                                    case "/heads" -> HEADS;
                                    case "/members" -> MEMBERS;
                                    default -> ITEM;
                                });
            }
        } catch (IOException peerLeft) {
            // as callers do whose deadline has passed
        }
    }

    /// The next request's head, or `null` at the end.
    private static @Nullable String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n", Math.max(0, head.length() - 4)) < 0) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private static byte[] answer(String headers, byte[] body) {
        byte[] head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n%scontent-length: %d\r\n\r\n"
                .formatted(headers, body.length)
                .getBytes(ISO_8859_1);
        var answer = new ByteArrayOutputStream();
        answer.writeBytes(head);
        answer.writeBytes(body);
        return answer.toByteArray();
    }

    private static byte[] json(int bytes) {
        return "{\"text\":\"%s\"}".formatted("x".repeat(bytes)).getBytes(UTF_8);
    }

    private static byte[] emptyMembers(int count) {
        var members = new ByteArrayOutputStream();
        try {
            for (int i = 0; i < count; i++) {
                new GZIPOutputStream(members).close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return members.toByteArray();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
