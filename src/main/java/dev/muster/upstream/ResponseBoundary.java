package dev.muster.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.netty.util.ReferenceCountUtil;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;

/// Lets exactly one final response through for each request of an HTTP/1.1 connection, so that nothing of it is taken
/// for the answer to the next call that leases the connection.
///
/// Interim responses (RFC 9110, section 15.2) are dropped, at most [#MOST_INTERIM] of them: Reactor Netty knows only
/// `100` (reactor-netty#1492), and would take an early `103` for the final one.
///
/// Bytes beyond the end of a response close the connection. The end is therefore held back until the socket is read
/// empty, and passed on, when there was more, with the connection already closed: a pool does not take it back. Netty's
/// codec holds what is no whole head yet. It is brought to light with an empty line: before a status line the codec
/// skips it, anything else it completes to a response that nobody asked for.
///
/// Nor may a connection go back to its pool with its request half sent: an upstream that answers early has to read the
/// rest before it sees the next request, if it ever does. Such a connection ends with its response. If a piece of the
/// request could not be written, its end may be a reset that nothing tells any more: then it is the end of no response.
final class ResponseBoundary extends ChannelDuplexHandler {

    static final int MOST_INTERIM = 100;

    /// What Netty's codec writes of a stream among the headers of its response, which has no such headers.
    private static final List<String> NOTES = Arrays.stream(HttpConversionUtil.ExtensionHeaderNames.values())
            .map(name -> name.text().toString())
            .toList();

    private static final ByteBuf EMPTY_LINE = Unpooled.unreleasableBuffer(
            Unpooled.directBuffer(2).writeByte('\r').writeByte('\n').asReadOnly());

    private final @Nullable ChannelHandlerContext codec;

    private boolean awaiting;
    private boolean dropping;
    private boolean cut;
    private int interim;
    private @Nullable LastHttpContent end;
    /// Of the end of the request; none before it is written.
    private @Nullable ChannelFuture sent;

    private ResponseBoundary(@Nullable ChannelHandlerContext codec) {
        this.codec = codec;
    }

    /// For an HTTP/1.1 connection.
    ///
    /// @param codec the HTTP codec that this handler comes after
    static ResponseBoundary ofConnection(ChannelHandlerContext codec) {
        return new ResponseBoundary(codec);
    }

    /// For an HTTP/2 stream, which frames its one response itself: only interim responses have to be kept out.
    static ResponseBoundary ofStream() {
        return new ResponseBoundary(null);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof HttpRequest) {
            awaiting = true;
            interim = 0;
            sent = null;
        }
        ChannelPromise written = promise.unvoid();
        if (message instanceof LastHttpContent) {
            sent = written;
        }
        var _ = context.write(message, written);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!awaiting) {
            ReferenceCountUtil.release(message);
            close(context);
            passEnd(context);
            return;
        }
        if (message instanceof HttpResponse response) {
            if (response.status().code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code()) {
                fail(context, message, "the upstream switched to a protocol that nobody asked for");
                return;
            }
            if (hasUnaskedCoding(response)) {
                fail(context, message, "the response has a transfer coding other than chunked");
                return;
            }
            if (codec == null) {
                NOTES.forEach(response.headers()::remove);
            }
            dropping = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        }
        if (dropping) {
            drop(context, message);
        } else if (message instanceof LastHttpContent last) {
            if (cut && !context.channel().isActive()) {
                fail(
                        context,
                        message,
                        new PrematureChannelClosureException("the connection ended, and maybe was reset"));
                return;
            }
            awaiting = false;
            end = last;
        } else {
            context.fireChannelRead(message);
        }
    }

    /// Muster sends no `TE`, so no upstream may compress a message on its way (RFC 9112, section 7): its body would be
    /// passed on as what it is not.
    private static boolean hasUnaskedCoding(HttpResponse response) {
        if (!response.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            return false;
        }
        String codings = String.join(",", response.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING))
                .strip();
        return !codings.equalsIgnoreCase("chunked") && !codings.equalsIgnoreCase("identity");
    }

    private void drop(ChannelHandlerContext context, Object message) {
        if (!(message instanceof LastHttpContent)) {
            ReferenceCountUtil.release(message);
        } else if (++interim > MOST_INTERIM) {
            fail(context, message, "more than %d interim responses and no final one".formatted(MOST_INTERIM));
        } else {
            ReferenceCountUtil.release(message);
            context.read();
        }
    }

    private void fail(ChannelHandlerContext context, Object message, String detail) {
        fail(context, message, new ProtocolException(detail));
    }

    private void fail(ChannelHandlerContext context, Object message, Throwable failure) {
        ReferenceCountUtil.release(message);
        awaiting = false;
        context.fireExceptionCaught(failure);
        close(context);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        cut |= event instanceof ChannelOutputShutdownEvent;
        context.fireUserEventTriggered(event);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        if (end != null && codec != null) {
            ((ChannelInboundHandler) codec.handler()).channelRead(codec, EMPTY_LINE.duplicate());
        }
        passEnd(context);
        context.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        passEnd(context);
        context.fireChannelInactive();
    }

    /// Reactor Netty throws most errors on, past the call that waits for its response.
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.fireExceptionCaught(cause instanceof Error ? new OwnLimitException(cause) : cause);
    }

    private void passEnd(ChannelHandlerContext context) {
        LastHttpContent last = end;
        if (last != null) {
            end = null;
            ChannelFuture request = sent;
            if (request == null || !request.isSuccess()) {
                Connection.from(context.channel()).markPersistent(false);
            }
            context.fireChannelRead(last);
        }
    }

    private static void close(ChannelHandlerContext context) {
        var _ = context.close();
    }
}
