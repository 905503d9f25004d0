package dev.muster.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.DisposableServer;
import reactor.netty.FutureMono;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpRequestDecoderSpec;

/// The connections of the clients, and how they end: each with an answer that says so.
///
/// When Muster stops, a server that merely closes those without a request at that moment, as the library does, cuts
/// requests off that are on their way, and their clients cannot tell whether they were taken on.
///
/// When a client asks for the end, the library closes a connection with the answer before that to the last request, if
/// they are pipelined; and if the last request comes when the answer before it is written but not yet told to be, it is
/// forgotten (seen in Reactor Netty 1.3.8). So the library is not told of the client's wish, and learns it by the
/// answer.
public final class ClientConnections implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory> {

    private static final int MOST_AT_ONCE = 256;

    private final ChannelGroup open = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE);
    private final ConnectionLimit limit;
    private final Duration lull;
    private final Scheduler timer;
    private volatile @Nullable Channel listener;
    private volatile boolean stopping;
    private volatile boolean portCloses;

    /// @param most how many there may be
    /// @param lull how long nobody connects before the port is closed, and how long a connection may then be
    ///             without a request
    public ClientConnections(int most, Duration lull, Scheduler timer) {
        this.limit = new ConnectionLimit(most);
        this.lull = lull;
        this.timer = timer;
    }

    @Override
    public void customize(NettyReactiveWebServerFactory factory) {
        factory.addServerCustomizers(server -> {
            HttpRequestDecoderSpec decoder = server.configuration().decoder();
            return server.option(ChannelOption.RECVBUF_ALLOCATOR, untilNoneWaits())
                    .doOnBound(this::listening)
                    .doOnChannelInit((_, channel, _) -> watch(channel.pipeline(), decoder));
        });
    }

    private void watch(ChannelPipeline connection, HttpRequestDecoderSpec decoder) {
        var requests = new Requests();
        var unread = new UnreadRequest(limit);
        connection.addLast(new Answers(requests, unread));
        // Not there where the protocol is yet to be negotiated, or is HTTP/2, whose streams end by themselves.
        if (connection.get(NettyPipeline.HttpCodec) instanceof HttpServerCodec) {
            RequestHeads.bound(connection, decoder);
            connection.addAfter(NettyPipeline.HttpCodec, null, requests);
            connection.addAfter(NettyPipeline.HttpCodec, null, unread);
        }
    }

    /// Accepts connections until none waits, where the library would accept one and look again later.
    private static RecvByteBufAllocator untilNoneWaits() {
        return new ServerChannelRecvByteBufAllocator()
                .respectMaybeMoreData(false)
                .maxMessagesPerRead(MOST_AT_ONCE);
    }

    private void listening(DisposableServer server) {
        portCloses = false;
        server.channel().pipeline().addFirst(new Accepted());
        listener = server.channel();
    }

    /// From now on every answer ends its connection, and tells the client by `Connection: close`.
    public void closeWhenAnswered() {
        stopping = true;
    }

    /// Answers leave their connections open again.
    public void keepAlive() {
        stopping = false;
    }

    /// Closes the port, within the lull, and completes when all connections are closed: those in use by their last
    /// answer, the others after the lull.
    public Mono<Void> runDry() {
        return Mono.defer(this::stopListening)
                .then(Flux.interval(lull, timer)
                        .doOnNext(_ -> open.forEach(ClientConnections::closeIfIdle))
                        .takeUntilOther(FutureMono.deferFuture(open::newCloseFuture))
                        .then());
    }

    /// Closes those that are still open, whatever is left to be written to them.
    public Mono<Void> closeAll() {
        return FutureMono.deferFuture(open::close);
    }

    /// What the system has taken for a port and nobody has accepted is reset when the port is closed. So that it is
    /// nothing, it is closed just when connections were accepted until none waited; if none comes, nobody connects.
    private Mono<Void> stopListening() {
        Channel port = listener;
        if (port == null) {
            return Mono.empty();
        }
        portCloses = true;
        return FutureMono.from(port.closeFuture())
                .timeout(lull, Mono.defer(() -> FutureMono.from(port.close())), timer);
    }

    /// By the connection's own thread, between whose tasks no request begins.
    static void closeIfIdle(Channel connection) {
        connection.eventLoop().execute(() -> {
            if (ChannelOperations.get(connection) == null) {
                var _ = connection.close();
            }
        });
    }

    /// Notes a connection before anything of it is read, so that none is missing once the port is closed.
    private final class Accepted extends ChannelInboundHandlerAdapter {

        private int atOnce;

        @Override
        public void channelRead(ChannelHandlerContext context, Object connection) {
            atOnce++;
            var accepted = (Channel) connection;
            if (limit.add(accepted)) {
                open.add(accepted);
                context.fireChannelRead(accepted);
            } else {
                accepted.unsafe().closeForcibly();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (portCloses && atOnce > 0 && atOnce < MOST_AT_ONCE) {
                var _ = context.close();
            }
            atOnce = 0;
            context.fireChannelReadComplete();
        }
    }

    /// Counts what is to be answered, up to the request after which the client wants no other.
    private static final class Requests extends ChannelInboundHandlerAdapter {

        private int unanswered;
        private boolean last;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpRequest request && !last) {
                unanswered++;
                last = !HttpUtil.isKeepAlive(request);
                if (last) {
                    HttpUtil.setKeepAlive(request, true);
                }
            }
            context.fireChannelRead(message);
        }

        /// Notes an answer, and tells whether it is that to the last request.
        private boolean lastAnswered() {
            unanswered--;
            return last && unanswered == 0;
        }
    }

    private final class Answers extends ChannelOutboundHandlerAdapter {

        private final Requests requests;
        private final UnreadRequest unread;

        private Answers(Requests requests, UnreadRequest unread) {
            this.requests = requests;
            this.unread = unread;
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise written) {
            if (message instanceof HttpResponse answer
                    && answer.status().codeClass() != HttpStatusClass.INFORMATIONAL
                    && (requests.lastAnswered() || unread.endsConnection() || stopping)) {
                HttpUtil.setKeepAlive(answer, false);
            }
            var _ = context.write(message, written);
        }
    }
}
