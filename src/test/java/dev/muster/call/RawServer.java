package dev.muster.call;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// An upstream that sends exactly the bytes it is told to and keeps what it got, so that a test sees the wire.
public final class RawServer implements AutoCloseable {

    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final int BOUND_SECONDS = 10;

    private final ServerSocket socket;
    private final Script script;
    private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger received = new AtomicInteger();

    /// What happens on one connection; it is closed when the script ends.
    @FunctionalInterface
    public interface Script {
        void serve(Peer peer) throws IOException, InterruptedException;
    }

    /// A request as it stood on the wire.
    public record Request(String head, byte[] body) {

        public String line() {
            return head.lines().findFirst().orElseThrow();
        }

        /// What stands between method and version.
        public String target() {
            return line().substring(line().indexOf(' ') + 1, line().lastIndexOf(' '));
        }

        /// The values of a header, in order.
        public List<String> header(String name) {
            String prefix = name.toLowerCase(Locale.ROOT) + ":";
            return head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
                    .map(line -> line.substring(prefix.length()).strip())
                    .toList();
        }
    }

    private RawServer(ServerSocketFactory sockets, Script script) throws IOException {
        this.socket = sockets.createServerSocket(0, 1_024, LOOPBACK);
        this.script = script;
        Thread.ofVirtual().start(this::accept);
    }

    public static RawServer serving(Script script) {
        try {
            return new RawServer(ServerSocketFactory.getDefault(), script);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// The same behind TLS.
    public static RawServer serving(SSLContext tls, Script script) {
        try {
            return new RawServer(tls.getServerSocketFactory(), script);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// A server that gives every request the same answer.
    public static RawServer answering(String response) {
        return serving(peer -> {
            while (peer.read() != null) {
                peer.write(response);
            }
        });
    }

    /// A server that takes requests and never answers.
    public static RawServer silent() {
        return serving(peer -> {
            while (peer.read() != null) {
                // whoever asks waits
            }
        });
    }

    /// A complete response.
    public static String ok(String body) {
        return "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: " + body.length() + "\r\n\r\n" + body;
    }

    public int port() {
        return socket.getLocalPort();
    }

    public String url(String path) {
        return "http://127.0.0.1:" + port() + path;
    }

    public URI uri() {
        return URI.create(url(""));
    }

    /// Connections accepted so far.
    public int accepted() {
        return accepted.get();
    }

    /// Requests read so far.
    public int received() {
        return received.get();
    }

    /// Connections that are open on this side.
    public int open() {
        return open.size();
    }

    /// The next request, waited for.
    public Request request() throws InterruptedException {
        Request request = requests.poll(BOUND_SECONDS, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("no request came");
        }
        return request;
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket connection : open) {
            connection.close();
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket connection = socket.accept();
                int number = accepted.incrementAndGet();
                open.add(connection);
                Thread.ofVirtual().start(() -> serve(connection, number));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void serve(Socket connection, int number) {
        try (connection) {
            connection.setTcpNoDelay(true);
            script.serve(new Peer(connection, number));
        } catch (IOException gone) {
            // the other side went away, which many a script is about
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(connection);
        }
    }

    /// One accepted connection.
    public final class Peer {

        private final Socket connection;
        private final InputStream in;
        private final int number;

        private Peer(Socket connection, int number) throws IOException {
            this.connection = connection;
            this.in = new BufferedInputStream(connection.getInputStream());
            this.number = number;
        }

        /// Which connection of the server this is, from 1.
        public int number() {
            return number;
        }

        /// The next request without its body, which stays unread; `null` if the other side closed the connection.
        public @Nullable Request readHead() throws IOException {
            var head = new ByteArrayOutputStream();
            while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
                int next = in.read();
                if (next < 0) {
                    return null;
                }
                head.write(next);
            }
            return new Request(head.toString(ISO_8859_1), new byte[0]);
        }

        /// Reads so many bytes and forgets them.
        public void skip(int bytes) throws IOException {
            in.skipNBytes(bytes);
        }

        /// The next request, or `null` if the other side closed the connection.
        public @Nullable Request read() throws IOException {
            Request unframed = readHead();
            if (unframed == null) {
                return null;
            }
            int length = unframed.header("content-length").stream()
                    .mapToInt(Integer::parseInt)
                    .findFirst()
                    .orElse(0);
            var request = new Request(unframed.head(), in.readNBytes(length));
            received.incrementAndGet();
            requests.add(request);
            return request;
        }

        public void write(String text) throws IOException {
            write(text.getBytes(ISO_8859_1));
        }

        public void write(byte[] bytes) throws IOException {
            connection.getOutputStream().write(bytes);
            connection.getOutputStream().flush();
        }

        /// Waits until the other side is gone.
        public void hold() throws IOException {
            while (in.read() >= 0) {
                // nothing is expected
            }
        }

        /// Ends the connection with a reset instead of an orderly close.
        public void reset() throws IOException {
            connection.setSoLinger(true, 0);
            connection.close();
        }

        /// An upstream that takes its time.
        public void pause(Duration time) {
            LockSupport.parkNanos(time.toNanos());
        }

        /// Waits, within bounds, until the test opens `latch`.
        public void await(CountDownLatch latch) throws InterruptedException {
            if (!latch.await(BOUND_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the test never went on");
            }
        }
    }
}
