package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;

/// An HTTP/1.1 server on loopback that misbehaves on request, and remembers what it saw.
///
/// The first segment of a path names the [Behaviour]; a query is there to tell requests apart. It works on raw
/// sockets, one virtual thread a connection, since no HTTP library would write what it has to write.
final class FaultyUpstream implements AutoCloseable {

    private static final int BACKLOG = 4096;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /// Sockets that hold a port for as long as this process lives; unreferenced ones would be closed.
    private static final Queue<Closeable> HOLDERS = new ConcurrentLinkedQueue<>();

    private final ServerSocket listener;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final Queue<Exchange> exchanges = new ConcurrentLinkedQueue<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger mostInFlight = new AtomicInteger();

    private FaultyUpstream(ServerSocket listener) {
        this.listener = listener;
    }

    static FaultyUpstream start() {
        try {
            var upstream = new FaultyUpstream(new ServerSocket(0, BACKLOG, loopback()));
            Thread.ofVirtual().start(upstream::accept);
            return upstream;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A port whose connections are refused for as long as this process lives: it is bound, and nobody listens.
    @SuppressWarnings("resource") // an open socket is what keeps the port from being given to somebody else
    static int refusingPort() {
        try {
            var holder = new Socket();
            holder.bind(new InetSocketAddress(loopback(), 0));
            HOLDERS.add(holder);
            return holder.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A port on which TCP connects and then nothing ever comes: the kernel completes the handshake, and nobody
    /// accepts.
    @SuppressWarnings("resource") // as above
    static int silentPort() {
        try {
            var socket = new ServerSocket(0, BACKLOG, loopback());
            HOLDERS.add(socket);
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InetAddress loopback() throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    }

    int port() {
        return listener.getLocalPort();
    }

    String url(String target) {
        return "http://127.0.0.1:" + port() + target;
    }

    /// The requests received in full since the last [#forget()], in order of arrival.
    List<Exchange> exchanges() {
        return List.copyOf(exchanges);
    }

    List<Exchange> exchanges(String target) {
        return exchanges.stream()
                .filter(exchange -> exchange.target().equals(target))
                .toList();
    }

    /// The one request with this target, once whoever made it has been answered.
    Exchange onlyExchange(String target) {
        assertThat(exchanges(target))
                .as("requests for %s among %s", target, exchanges)
                .hasSize(1);
        return exchanges(target).getFirst();
    }

    /// Waits, within bounds, for the first request with this target.
    Exchange awaitExchange(String target) {
        soon().untilAsserted(() ->
                assertThat(exchanges(target)).as("requests for %s", target).isNotEmpty());
        return exchanges(target).getFirst();
    }

    /// Waits, within bounds, until so many requests are being answered at this moment.
    void awaitInFlight(int expected) {
        soon().untilAsserted(() ->
                assertThat(inFlight()).as("requests in flight upstream").isEqualTo(expected));
    }

    private static ConditionFactory soon() {
        return await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1));
    }

    /// Connections accepted since the last [#forget()].
    int connectionsAccepted() {
        return accepted.get();
    }

    /// Connections that are open and have a request that is not answered in full.
    int inFlight() {
        return inFlight.get();
    }

    /// The most that [#inFlight()] has been since the last [#forget()].
    int mostInFlight() {
        return mostInFlight.get();
    }

    /// Forgets what was seen, but not what is still open.
    void forget() {
        exchanges.clear();
        accepted.set(0);
        mostInFlight.set(inFlight.get());
    }

    private void accept() {
        try {
            while (true) {
                var connection = listener.accept();
                connections.add(connection);
                accepted.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(connection));
            }
        } catch (IOException closed) {
            connections.forEach(FaultyUpstream::closeQuietly);
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            connection.setTcpNoDelay(true);
            var in = new BufferedInputStream(connection.getInputStream());
            if (speaksHttp(in)) {
                while (!connection.isClosed() && answerNext(connection, in)) {}
            } else {
                refusePlainly(connection, in);
            }
        } catch (IOException brokenBetweenRequests) {
            // What a peer does to a connection without a request in flight is nothing a test asks about.
        } finally {
            connections.remove(connection);
        }
    }

    private boolean answerNext(Socket connection, BufferedInputStream in) throws IOException {
        var flight = new Flight();
        var exchange = Exchange.read(connection, in, flight::land);
        if (exchange == null) {
            return false;
        }
        flight.takeOff();
        exchanges.add(exchange);
        try {
            Behaviour.of(exchange).answer(exchange);
            return true;
        } catch (IOException peerLeft) {
            exchange.peerClosed();
            return false;
        } finally {
            flight.land();
        }
    }

    private static boolean speaksHttp(BufferedInputStream in) throws IOException {
        in.mark(1);
        var first = in.read();
        in.reset();
        return first < 0 || Character.isUpperCase(first);
    }

    /// What a plain-text server says to a TLS hello: it is read to the end, or the close would reset the answer
    /// away.
    private static void refusePlainly(Socket connection, BufferedInputStream in) throws IOException {
        connection.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(ISO_8859_1));
        connection.shutdownOutput();
        connection.setSoTimeout(1000);
        in.transferTo(OutputStream.nullOutputStream());
    }

    private static void closeQuietly(Socket connection) {
        try {
            connection.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    /// Counts a request while it is in flight. An answer lands before its last byte is written, so that no client
    /// can have it and send the next request while this one still counts.
    private final class Flight {

        private boolean flying;

        private void takeOff() {
            flying = true;
            mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
        }

        private void land() {
            if (flying) {
                flying = false;
                inFlight.decrementAndGet();
            }
        }
    }
}
