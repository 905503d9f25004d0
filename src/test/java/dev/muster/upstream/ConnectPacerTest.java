package dev.muster.upstream;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which connections an event loop begins to open in one turn. The loop is a real one, the network is not.
class ConnectPacerTest {

    private static final int PER_TURN = 8;
    private static final SocketAddress UPSTREAM = new InetSocketAddress(InetAddress.getLoopbackAddress(), 80);

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    /// Touched by the loop only, as what follows.
    private final List<Channel> begun = new ArrayList<>();

    private final List<Integer> turnOf = new ArrayList<>();
    private final AtomicInteger turns = new AtomicInteger();
    private final List<Channel> waited = new ArrayList<>();
    private final List<Channel> resumed = new ArrayList<>();
    private final ConnectPacer pacer =
            new ConnectPacer(context -> waited.add(context.channel()), context -> resumed.add(context.channel()));
    private final List<Channel> channels =
            Stream.generate(this::channel).limit(20).toList();

    @AfterEach
    void close() {
        group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void beginsSoManyInATurnInTheirOrder() throws Exception {
        onLoop(() -> {
            var _ = loop.scheduleWithFixedDelay(turns::incrementAndGet, 0, 1, TimeUnit.NANOSECONDS);
            var _ = connectAll();
            return assertThat(begun).isEqualTo(channels.subList(0, PER_TURN));
        });
        awaitBegun(channels.size());
        assertThat(begun).isEqualTo(channels);
        assertThat(turnOf)
                .allSatisfy(
                        turn -> assertThat(Collections.frequency(turnOf, turn)).isLessThanOrEqualTo(PER_TURN));
    }

    @Test
    void tellsWhichHaveToWaitAndWhenTheyNoLongerDo() throws Exception {
        List<Channel> late = channels.subList(PER_TURN, channels.size());
        onLoop(() -> {
            var _ = connectAll();
            assertThat(resumed).isEmpty();
            return assertThat(waited).isEqualTo(late);
        });
        awaitBegun(channels.size());
        assertThat(resumed).isEqualTo(late);
    }

    @Test
    void whatIsGivenUpMeanwhileIsNotBegun() throws Exception {
        List<Channel> givenUp = channels.subList(PER_TURN, 2 * PER_TURN);
        List<ChannelFuture> connects = onLoop(() -> {
            List<ChannelFuture> all = connectAll();
            for (Channel channel : givenUp) {
                var _ = channel.close();
            }
            return all;
        });
        awaitBegun(channels.size() - PER_TURN);
        assertThat(begun).doesNotContainAnyElementsOf(givenUp).endsWith(channels.getLast());
        assertThat(connects.subList(PER_TURN, 2 * PER_TURN))
                .allSatisfy(connect -> assertThat(connect.cause()).isInstanceOf(ClosedChannelException.class));
    }

    @Test
    void aLaterTurnHasRoomAgain() throws Exception {
        onLoop(this::connectAll);
        awaitBegun(channels.size());
        Callable<List<ChannelFuture>> again = this::connectAll;
        onLoop(() -> loop.schedule(again, 0, TimeUnit.NANOSECONDS)).get(BOUND.toSeconds(), TimeUnit.SECONDS);
        awaitBegun(2 * channels.size());
        assertThat(begun.subList(channels.size(), 2 * channels.size())).isEqualTo(channels);
    }

    private List<ChannelFuture> connectAll() {
        return channels.stream().map(channel -> channel.connect(UPSTREAM)).toList();
    }

    private Channel channel() {
        var channel = new NioSocketChannel();
        channel.pipeline().addLast(new Network(), pacer);
        loop.register(channel).syncUninterruptibly();
        return channel;
    }

    private void awaitBegun(int connections) {
        await().atMost(BOUND).until(() -> onLoop(begun::size) == connections);
    }

    private <T> T onLoop(Callable<T> task) throws Exception {
        return loop.submit(task).get(BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    /// Takes notice of connections instead of opening them.
    @Sharable
    private final class Network extends ChannelOutboundHandlerAdapter {
        @Override
        public void connect(
                ChannelHandlerContext context, SocketAddress remote, SocketAddress local, ChannelPromise promise) {
            begun.add(context.channel());
            turnOf.add(turns.get());
        }
    }
}
