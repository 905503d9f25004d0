package dev.muster.egress;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DefaultDnsResponse;
import io.netty.handler.codec.dns.DnsQuery;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.handler.codec.dns.TcpDnsQueryDecoder;
import io.netty.handler.codec.dns.TcpDnsResponseEncoder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// A DNS server on loopback, over UDP and TCP, that has the records it is given and loses what it is told to.
final class ScriptedDns implements AutoCloseable {

    private static final int PORTS = 10;

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Map<String, List<InetAddress>> addresses = new ConcurrentHashMap<>();
    private final Map<String, String> aliases = new ConcurrentHashMap<>();
    private final Map<DnsRecordType, AtomicInteger> losses = new ConcurrentHashMap<>();
    private final Queue<String> questions = new ConcurrentLinkedQueue<>();
    private final Channel udp;
    private final Channel tcp;
    private volatile boolean truncating;
    private volatile boolean follows = true;

    /// Of ports that the system finds free for TCP, the first that is free for UDP too: sockets of clients take many of
    /// the one and few of the other.
    ScriptedDns() {
        Channel streams = listen();
        ChannelFuture datagrams = receive(streams.localAddress());
        for (int i = 1; !datagrams.isSuccess() && i < PORTS; i++) {
            streams.close().syncUninterruptibly();
            streams = listen();
            datagrams = receive(streams.localAddress());
        }
        this.tcp = streams;
        this.udp = datagrams.syncUninterruptibly().channel();
    }

    private Channel listen() {
        return new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new TcpDnsQueryDecoder(), new TcpDnsResponseEncoder(), new Streams());
                    }
                })
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
    }

    private ChannelFuture receive(SocketAddress address) {
        return new Bootstrap()
                .group(group)
                .channel(NioDatagramChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new DatagramDnsQueryDecoder(),
                                        new DatagramDnsResponseEncoder(),
                                        new Datagrams());
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
    }

    InetSocketAddress address() {
        return (InetSocketAddress) udp.localAddress();
    }

    ScriptedDns host(String name, String... literals) {
        addresses.put(
                name + '.',
                List.of(literals).stream().map(InetAddress::ofLiteral).toList());
        return this;
    }

    ScriptedDns alias(String name, String target) {
        aliases.put(name + '.', target + '.');
        return this;
    }

    /// Leaves the next questions of that type unanswered.
    ScriptedDns losing(DnsRecordType type, int number) {
        losses.put(type, new AtomicInteger(number));
        return this;
    }

    /// Has every answer over UDP cut off.
    ScriptedDns truncating() {
        truncating = true;
        return this;
    }

    /// Answers with one alias at a time.
    ScriptedDns notFollowing() {
        follows = false;
        return this;
    }

    /// Each question that came, as its type and name.
    List<String> questions() {
        return List.copyOf(questions);
    }

    @Override
    public void close() {
        udp.close().syncUninterruptibly();
        tcp.close().syncUninterruptibly();
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private boolean isLost(DnsQuestion question) {
        questions.add(question.type().name() + ' ' + question.name());
        AtomicInteger left = losses.get(question.type());
        return left != null && left.getAndDecrement() > 0;
    }

    private void answer(DnsQuestion question, DnsResponse response) {
        response.addRecord(DnsSection.QUESTION, question);
        String asked = question.name().toLowerCase(Locale.ROOT);
        String name = asked;
        boolean known = addresses.containsKey(name) || aliases.containsKey(name);
        for (String target = aliases.get(name); target != null; target = follows ? aliases.get(name) : null) {
            response.addRecord(
                    DnsSection.ANSWER,
                    new DefaultDnsRawRecord(name, DnsRecordType.CNAME, 0, Unpooled.wrappedBuffer(encoded(target))));
            name = target;
        }
        boolean whole = follows || name.equals(asked);
        for (InetAddress address : whole ? addresses.getOrDefault(name, List.of()) : List.<InetAddress>of()) {
            byte[] bytes = address.getAddress();
            if (bytes.length == (question.type().equals(DnsRecordType.A) ? 4 : 16)) {
                response.addRecord(
                        DnsSection.ANSWER,
                        new DefaultDnsRawRecord(name, question.type(), 0, Unpooled.wrappedBuffer(bytes)));
            }
        }
        response.setAuthoritativeAnswer(true).setCode(known ? DnsResponseCode.NOERROR : DnsResponseCode.NXDOMAIN);
    }

    private static byte[] encoded(String name) {
        var bytes = Unpooled.buffer();
        for (String label : name.substring(0, name.length() - 1).split("\\.", -1)) {
            bytes.writeByte(label.length()).writeCharSequence(label, StandardCharsets.US_ASCII);
        }
        bytes.writeByte(0);
        byte[] encoded = new byte[bytes.readableBytes()];
        bytes.readBytes(encoded);
        return encoded;
    }

    private final class Datagrams extends SimpleChannelInboundHandler<DatagramDnsQuery> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramDnsQuery query) {
            DnsQuestion question = query.recordAt(DnsSection.QUESTION);
            if (isLost(question)) {
                return;
            }
            InetSocketAddress here = query.recipient();
            InetSocketAddress client = query.sender();
            var response = new DatagramDnsResponse(here, client, query.id());
            if (truncating) {
                response.addRecord(DnsSection.QUESTION, question);
                response.setTruncated(true);
            } else {
                answer(question, response);
            }
            var _ = context.writeAndFlush(response);
        }
    }

    private final class Streams extends SimpleChannelInboundHandler<DnsQuery> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DnsQuery query) {
            var response = new DefaultDnsResponse(query.id());
            answer(query.recordAt(DnsSection.QUESTION), response);
            var _ = context.writeAndFlush(response);
        }
    }
}
