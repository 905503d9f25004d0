package dev.muster.server;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpRequestDecoderSpec;

/// Bounds the number of headers in the head of a request, and in its trailer. Reactor Netty bounds their bytes only,
/// and a header of three bytes takes more than a hundred when it is read.
final class RequestHeads {

    private static final int MOST_HEADERS = 100;

    private RequestHeads() {}

    /// Has a connection's requests read with that bound: one with more is answered with 431 and the connection closed.
    ///
    /// @param decoder the other bounds
    static void bound(ChannelPipeline connection, HttpRequestDecoderSpec decoder) {
        connection.replace(
                NettyPipeline.HttpCodec,
                NettyPipeline.HttpCodec,
                new HttpServerCodec(new HttpDecoderConfig()
                        .setMaxInitialLineLength(decoder.maxInitialLineLength())
                        .setMaxHeaderSize(decoder.maxHeaderSize())
                        .setInitialBufferSize(decoder.initialBufferSize())
                        .setAllowDuplicateContentLengths(decoder.allowDuplicateContentLengths())
                        .setAllowPartialChunks(decoder.allowPartialChunks())
                        .setHeadersFactory(new Factory(DefaultHttpHeadersFactory.headersFactory()))
                        .setTrailersFactory(new Factory(DefaultHttpHeadersFactory.trailersFactory()))));
    }

    private record Factory(DefaultHttpHeadersFactory unbounded) implements HttpHeadersFactory {

        @Override
        public HttpHeaders newHeaders() {
            return new Headers(unbounded);
        }

        @Override
        public HttpHeaders newEmptyHeaders() {
            return new Headers(unbounded);
        }
    }

    private static final class Headers extends DefaultHttpHeaders {

        private int added;

        private Headers(DefaultHttpHeadersFactory unbounded) {
            super(unbounded.getNameValidator(), unbounded.getValueValidator());
        }

        /// What the decoder adds headers with.
        @Override
        public HttpHeaders add(CharSequence name, Object value) {
            if (++added > MOST_HEADERS) {
                throw new TooLongHttpHeaderException("a head has at most %d headers".formatted(MOST_HEADERS));
            }
            return super.add(name, value);
        }
    }
}
