package dev.muster.upstream;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import org.jspecify.annotations.Nullable;

/// The header lines of an HTTP/1.1 response as they come: bounded in number, and each paid for before it is kept. Netty
/// bounds the bytes of a head and hands it on when it is whole: one that never ends would be in nobody's books.
final class HeadersOfResponse extends DefaultHttpHeaders {

    private final boolean trailers;
    private @Nullable Channel channel;
    private @Nullable ResponseBytes bytes;

    private HeadersOfResponse(Channel channel, boolean trailers) {
        this.channel = channel;
        this.trailers = trailers;
    }

    /// @param trailers whether they follow a body
    static HttpHeadersFactory of(Channel channel, boolean trailers) {
        return new HttpHeadersFactory() {
            @Override
            public HttpHeaders newHeaders() {
                return new HeadersOfResponse(channel, trailers);
            }

            @Override
            public HttpHeaders newEmptyHeaders() {
                return new HeadersOfResponse(channel, trailers);
            }
        };
    }

    @Override
    public HttpHeaders add(String name, Object value) {
        pay(name, value);
        return super.add(name, value);
    }

    @Override
    public HttpHeaders add(CharSequence name, Object value) {
        pay(name, value);
        return super.add(name, value);
    }

    private void pay(CharSequence name, Object value) {
        ResponseBytes.requireFew(size() + 1);
        if (bytes == null && channel != null) {
            Exchange exchange = Exchange.of(channel);
            bytes = exchange == null ? null : exchange.bytes();
            channel = null;
            if (bytes != null && !trailers) {
                bytes.newHead(this);
            }
        }
        if (bytes != null) {
            bytes.line(name, value);
        }
    }

    /// From here on nobody pays, and nothing of a call is kept.
    void isComplete() {
        bytes = null;
        channel = null;
    }
}
