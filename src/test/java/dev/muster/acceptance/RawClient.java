package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;

/// A client's connection to a server on loopback, without a library that would open another one. Every read is bounded,
/// and a connection that is reset fails the test.
public final class RawClient implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;

    public RawClient(int port) throws IOException {
        this(port, new Socket());
    }

    /// One for which the system takes little before it is read.
    static RawClient unhurried(int port) throws IOException {
        var socket = new Socket();
        socket.setReceiveBufferSize(4_096);
        return new RawClient(port, socket);
    }

    private RawClient(int port, Socket socket) throws IOException {
        this.socket = socket;
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
        socket.setSoTimeout(20_000);
        in = new BufferedInputStream(socket.getInputStream());
    }

    public void send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(UTF_8));
    }

    /// Sends a GET of `path`.
    public void get(String path) throws IOException {
        send("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path));
    }

    /// What comes, including `end`.
    public String readUntil(String end) throws IOException {
        var read = new StringBuilder();
        while (read.indexOf(end) < 0) {
            int next = in.read();
            assertThat(next).as("%s", read).isNotNegative();
            read.append((char) next);
        }
        return read.toString();
    }

    /// The next so many bytes.
    public String read(int length) throws IOException {
        return new String(in.readNBytes(length), UTF_8);
    }

    /// What comes until the server closes the connection.
    public String rest() {
        try {
            return new String(in.readAllBytes(), ISO_8859_1);
        } catch (IOException cut) {
            throw new UncheckedIOException(cut);
        }
    }

    /// How many bytes come until the connection ends.
    long restLength() {
        byte[] piece = new byte[64 << 10];
        long bytes = 0;
        try {
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                bytes += read;
            }
            return bytes;
        } catch (SocketException cut) {
            return bytes;
        } catch (IOException silent) {
            throw new UncheckedIOException(silent);
        }
    }

    /// Leaves as if cut off.
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
