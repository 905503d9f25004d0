package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/// A client that sends the lines of one batch as it likes, while it reads what comes of them. Every read is bounded.
public final class LineClient implements AutoCloseable {

    private static final byte[] NONE = {};

    private final Socket socket;
    private final InputStream in;

    /// @param query what follows the `?`
    public LineClient(int port, String query, String contentType, Media answer) {
        try {
            socket = new Socket();
            socket.setReceiveBufferSize(16_384);
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
            socket.setSoTimeout(30_000);
            in = new BufferedInputStream(socket.getInputStream());
            write("""
                    POST /batches?%s HTTP/1.1
                    Host: localhost
                    Content-Type: %s
                    Accept: %s
                    Transfer-Encoding: chunked

                    """.formatted(query, contentType, answer.type()).replace("\n", "\r\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Sends a piece of the body.
    public LineClient send(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        write(Integer.toHexString(bytes.length) + "\r\n" + text + "\r\n");
        return this;
    }

    /// Ends the body.
    public LineClient end() {
        write("0\r\n\r\n");
        return this;
    }

    private void write(String text) {
        try {
            socket.getOutputStream().write(text.getBytes(UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The head of the answer, and then its events.
    public EventStream answer(Media media) {
        return new EventStream(media, this::body, this::close);
    }

    private InputStream body() {
        String head = headLine();
        if (!head.startsWith("HTTP/1.1 200 ")) {
            throw new IllegalStateException(head);
        }
        while (!headLine().isEmpty()) {
            // none of them matters
        }
        return new Chunked();
    }

    private String headLine() {
        try {
            var line = new StringBuilder();
            for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
                line.append((char) next);
            }
            return line.toString().strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Whether the server has closed the connection when all has been read.
    boolean isClosed() {
        try {
            return in.read() < 0;
        } catch (IOException reset) {
            return true;
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A body that comes in chunks.
    private final class Chunked extends InputStream {

        private byte[] chunk = NONE;
        private int at;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (at == chunk.length) {
                int next = Integer.parseInt(headLine(), 16);
                chunk = in.readNBytes(next);
                at = 0;
                String end = new String(in.readNBytes(2), ISO_8859_1);
                if (next == 0 || !end.equals("\r\n")) {
                    return -1;
                }
            }
            int read = Math.min(length, chunk.length - at);
            System.arraycopy(chunk, at, into, offset, read);
            at += read;
            return read;
        }
    }
}
