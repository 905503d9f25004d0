package dev.muster.server;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpStatusClass;
import java.util.Map;
import java.util.function.IntFunction;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import reactor.netty.NettyPipeline;

/// Makes documents of the errors that Reactor Netty answers by itself, with a status and nothing else: to what is no
/// HTTP, too long, or no URI, and so never becomes a request.
public final class BareErrors implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory> {

    private final Explanations explanations;

    /// @param documents `application/problem+json` by status
    /// @param headers   what else goes with each
    public BareErrors(IntFunction<byte[]> documents, Map<String, String> headers) {
        this.explanations = new Explanations(documents, headers);
    }

    @Override
    public void customize(NettyReactiveWebServerFactory factory) {
        factory.addServerCustomizers(server -> server.doOnChannelInit((_, channel, _) -> explain(channel)));
    }

    /// Not where the protocol is yet to be negotiated, or is HTTP/2.
    private void explain(Channel channel) {
        if (channel.pipeline().get(NettyPipeline.HttpCodec) != null) {
            channel.pipeline().addAfter(NettyPipeline.HttpCodec, null, explanations);
        }
    }

    @Sharable
    private static final class Explanations extends ChannelOutboundHandlerAdapter {

        private final IntFunction<byte[]> documents;
        private final Map<String, String> headers;

        Explanations(IntFunction<byte[]> documents, Map<String, String> headers) {
            this.documents = documents;
            this.headers = headers;
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise written) {
            var _ = context.write(
                    message instanceof FullHttpResponse answer && isBareError(answer) ? explained(answer) : message,
                    written);
        }

        private static boolean isBareError(FullHttpResponse answer) {
            HttpStatusClass kind = answer.status().codeClass();
            return (kind == HttpStatusClass.CLIENT_ERROR || kind == HttpStatusClass.SERVER_ERROR)
                    && !answer.content().isReadable()
                    && !answer.headers().contains(HttpHeaderNames.CONTENT_TYPE);
        }

        private FullHttpResponse explained(FullHttpResponse bare) {
            byte[] body = documents.apply(bare.status().code());
            var answer = new DefaultFullHttpResponse(
                    bare.protocolVersion(),
                    bare.status(),
                    Unpooled.wrappedBuffer(body),
                    bare.headers(),
                    bare.trailingHeaders());
            headers.forEach(answer.headers()::set);
            answer.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/problem+json")
                    .set(HttpHeaderNames.CONTENT_LENGTH, body.length);
            bare.release();
            return answer;
        }
    }
}
