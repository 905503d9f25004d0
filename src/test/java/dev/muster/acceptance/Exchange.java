package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// One request as an upstream received it, and the means to answer it well or badly.
///
/// The test's side reads the request, waits for [#closedByPeer()] and lets a held answer go with [#release()].
/// The server's side writes; whatever it does throws an [IOException] once the peer has closed the connection.
final class Exchange {

    private static final Duration WATCH = Duration.ofMillis(2);

    private final String method;
    private final String target;
    private final Map<String, List<String>> headers;
    private final byte[] body;
    private final long receivedAt = System.nanoTime();
    private final CompletableFuture<Long> closedByPeer = new CompletableFuture<>();
    private final CountDownLatch released = new CountDownLatch(1);

    private final Socket socket;
    private final BufferedInputStream in;
    private final Runnable landed;

    private Exchange(
            String requestLine,
            Map<String, List<String>> headers,
            byte[] body,
            Socket socket,
            BufferedInputStream in,
            Runnable landed) {
        var words = requestLine.split(" ", 3);
        this.method = words[0];
        this.target = words[1];
        this.headers = headers;
        this.body = body;
        this.socket = socket;
        this.in = in;
        this.landed = landed;
    }

    /// Waits for the next request on a connection.
    ///
    /// @param landed run as soon as the answer is about to be complete, at least once
    /// @return the request, or null when the peer closed the connection between two requests
    /// @throws IOException when the connection breaks inside a request, or carries no HTTP
    static @Nullable Exchange read(Socket socket, BufferedInputStream in, Runnable landed) throws IOException {
        var requestLine = readLine(in);
        if (requestLine == null) {
            return null;
        }
        var headers = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
        for (var line = readLine(in); line != null && !line.isEmpty(); line = readLine(in)) {
            var colon = line.indexOf(':');
            headers.computeIfAbsent(line.substring(0, colon), name -> new ArrayList<>())
                    .add(line.substring(colon + 1).strip());
        }
        return new Exchange(requestLine, headers, readBody(in, headers), socket, in, landed);
    }

    private static byte[] readBody(InputStream in, Map<String, List<String>> headers) throws IOException {
        if (headers.containsKey("transfer-encoding")) {
            var body = new ByteArrayOutputStream();
            for (var size = readLine(in); size != null; size = readLine(in)) {
                var length = Integer.parseInt(size.strip(), 16);
                body.write(in.readNBytes(length));
                readLine(in);
                if (length == 0) {
                    break;
                }
            }
            return body.toByteArray();
        }
        var length = headers.getOrDefault("content-length", List.of("0")).getFirst();
        return in.readNBytes(Integer.parseInt(length));
    }

    private static @Nullable String readLine(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                return null;
            }
            if (next != '\r') {
                line.write(next);
            }
        }
        return line.toString(ISO_8859_1);
    }

    String method() {
        return method;
    }

    /// The request target as it stood in the request line: path and query.
    String target() {
        return target;
    }

    /// The header's values in the order received; empty when it was absent.
    List<String> header(String name) {
        return headers.getOrDefault(name, List.of());
    }

    byte[] body() {
        return body;
    }

    /// The [System#nanoTime()] at which the request had been received in full.
    long receivedAt() {
        return receivedAt;
    }

    /// Completes with the [System#nanoTime()] at which the peer was seen to have closed the connection before the
    /// answer was over.
    CompletableFuture<Long> closedByPeer() {
        return closedByPeer;
    }

    /// Lets the answer of [Behaviour#HOLD] go.
    void release() {
        released.countDown();
    }

    /// A segment of the target's path; 0 names the behaviour.
    String segment(int index, String otherwise) {
        var segments = path().substring(1).split("/", -1);
        return index < segments.length ? segments[index] : otherwise;
    }

    int number(int index, int otherwise) {
        return Integer.parseInt(segment(index, String.valueOf(otherwise)));
    }

    String query() {
        return target.substring(Math.min(path().length() + 1, target.length()));
    }

    private String path() {
        return target.split("\\?", 2)[0];
    }

    /// Answers in full with a `content-length`; the connection stays open for the next request.
    void respond(int status, byte[] content, String... headerLines) throws IOException {
        var bodiless = status == 204 || status == 304;
        var head = head(status, headerLines);
        landed.run();
        write(bodiless ? head + "\r\n" : head + "content-length: " + content.length + "\r\n\r\n", content);
    }

    /// A status line and header lines, still without the empty line that ends them.
    static String head(int status, String... headerLines) {
        var head = new StringBuilder("HTTP/1.1 " + status + " Status\r\n");
        for (var line : headerLines) {
            head.append(line).append("\r\n");
        }
        return head.toString();
    }

    void write(String text) throws IOException {
        write(text, new byte[0]);
    }

    void write(String text, byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        bytes.write(text.getBytes(ISO_8859_1));
        bytes.write(content);
        OutputStream out = socket.getOutputStream();
        out.write(bytes.toByteArray());
        out.flush();
    }

    /// Lets time pass while watching the peer.
    ///
    /// @throws IOException as soon as the peer closes the connection, or sends what nobody asked for
    void pause(Duration time) throws IOException {
        socket.setSoTimeout(Math.toIntExact(Math.max(1, time.toMillis())));
        try {
            watch();
        } catch (SocketTimeoutException timePassed) {
            socket.setSoTimeout(0);
        }
    }

    /// Never answers.
    ///
    /// @throws IOException as soon as the peer closes the connection
    void hang() throws IOException {
        watch();
    }

    /// Waits for [#release()].
    ///
    /// @throws IOException as soon as the peer closes the connection
    void hold() throws IOException {
        while (released.getCount() > 0) {
            pause(WATCH);
        }
    }

    private void watch() throws IOException {
        if (in.read() < 0) {
            throw new EOFException("the peer closed the connection");
        }
        throw new IOException("the peer went on sending before it had its answer");
    }

    /// Ends the connection in order.
    void close() throws IOException {
        landed.run();
        socket.close();
    }

    /// Ends the connection with a TCP reset.
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        close();
    }

    void peerClosed() {
        closedByPeer.complete(System.nanoTime());
    }

    @Override
    public String toString() {
        return method + " " + target;
    }
}
