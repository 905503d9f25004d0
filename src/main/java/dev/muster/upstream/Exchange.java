package dev.muster.upstream;

import dev.muster.outcome.UpstreamResponse;
import dev.muster.request.RequestBody;
import dev.muster.url.HttpUrl;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.NettyOutbound;
import reactor.netty.NettyPipeline;
import reactor.netty.ReactorNetty;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.http.client.HttpClientResponse;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/// One request on the wire and its response: it sends the one, gathers the other, and hears how that ends.
///
/// It is in the context of the connection while it uses it, so that handlers of the channel know whose it is. Whatever
/// ends it, it leaves its pool and gives back what its batch has paid once. An [Error] it passes on as an
/// [OwnLimitException], whether Reactor Netty signals or throws it.
final class Exchange implements CoreSubscriber<ClientResponse>, Subscription {

    private final CoreSubscriber<? super ClientResponse> actual;
    private final ClientRequest request;
    private final OutboundCall call;
    private final Wire wire;
    private final HostPool pool;
    private final ResponseBytes bytes;
    private final Context context;
    private final AtomicBoolean ended = new AtomicBoolean();
    private @Nullable Subscription subscription;
    private @Nullable ClientResponse response;

    /// @param pool that it has entered, and leaves
    Exchange(
            CoreSubscriber<? super ClientResponse> actual,
            ClientRequest request,
            OutboundCall call,
            Wire wire,
            HostPool pool) {
        this.actual = actual;
        this.request = request;
        this.call = call;
        this.wire = wire;
        this.pool = pool;
        this.bytes = new ResponseBytes(call.attempt().bytes());
        this.context = actual.currentContext().put(Exchange.class, this);
    }

    /// The one that uses the connection of `channel` now.
    static @Nullable Exchange of(Channel channel) {
        ContextView context = ReactorNetty.getChannelContext(channel);
        return context == null ? null : context.getOrDefault(Exchange.class, null);
    }

    /// Sends the request whose `head` that is.
    static Publisher<Void> send(HttpClientRequest head, NettyOutbound outbound) {
        return head.currentContextView().get(Exchange.class).write(head, outbound);
    }

    ExchangeContext attempt() {
        return call.attempt();
    }

    /// Who pays for the response.
    ResponseBytes bytes() {
        return bytes;
    }

    void begin() {
        try {
            to(request.url(), pool.receiver(request.method().name()))
                    .response(this::receive)
                    .subscribe(this);
        } catch (Error error) {
            if (subscription == null) {
                actual.onSubscribe(this);
            }
            onError(error);
        }
    }

    /// Reactor Netty takes no `URI` that has no host, as one with underscores has none for `java.net.URI`; it does take
    /// the same URL as text.
    private static HttpClient.ResponseReceiver<?> to(URI uri, HttpClient.ResponseReceiver<?> receiver) {
        if (uri.getHost() != null) {
            return receiver.uri(uri);
        }
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return receiver.uri(uri.getScheme() + "://" + HttpUrl.host(uri) + ":" + HttpUrl.port(uri) + path + query);
    }

    private Publisher<Void> write(HttpClientRequest head, NettyOutbound outbound) {
        Channel channel = ((Connection) outbound).channel();
        watchStream(channel);
        HttpHeaders headers = head.requestHeaders();
        if (call.request().service().compression()) {
            headers.set(HttpHeaderNames.ACCEPT_ENCODING, "gzip");
        }
        request.headers().forEach(headers::set);
        long now = wire.clock().nanos();
        pool.used(now);
        long millisLeft = TimeUnit.NANOSECONDS.toMillis(attempt().deadline().remainingNanos(now));
        headers.set(wire.settings().deadlineHeader(), Long.toString(Math.max(1, millisLeft)));
        attempt().carried().forEach(headers::set);
        RequestBody body = call.request().body();
        if (body == null) {
            // Reactor Netty knows by this very object that there is no body.
            return attempt().sending(channel.eventLoop()) ? outbound : nothing();
        }
        headers.set(HttpHeaderNames.CONTENT_LENGTH, body.bytes().length);
        var outgoing = Outgoing.of(body.bytes(), channel);
        if (!attempt().sending(channel.eventLoop())) {
            outgoing.release();
            return nothing();
        }
        return new ErrorGuard<>(outgoing.through(outbound));
    }

    /// An HTTP/2 stream is a channel of its own, made for one call.
    private void watchStream(Channel channel) {
        if (channel.pipeline().get(NettyPipeline.H2ToHttp11Codec) != null) {
            channel.pipeline().addAfter(NettyPipeline.H2ToHttp11Codec, null, ResponseBoundary.ofStream());
            channel.pipeline().addAfter(NettyPipeline.H2ToHttp11Codec, null, new StreamEnding(attempt()::nothingSent));
        }
    }

    /// Whoever closed the attempt aborts the exchange, too: nothing is left to be done or said here.
    private static Mono<Void> nothing() {
        return Mono.never();
    }

    /// Subscribes to the body at once and on the same thread: between head and body, a cancelled exchange would be
    /// drained to its end instead of closed.
    private Publisher<ClientResponse> receive(HttpClientResponse head, Flux<ByteBuf> body) {
        attempt().receiving();
        HttpHeaders headers = head.responseHeaders();
        try {
            bytes.headIsComplete(headers);
        } catch (ResponseTooLargeException | ProtocolException refused) {
            // A body that nobody subscribes to would not be released.
            return body.takeUntilOther(Mono.error(refused)).then(Mono.error(refused));
        }
        int limit = wire.settings().maxResponseBytes();
        var collector = new BodyCollector(limit, headers.getInt(HttpHeaderNames.CONTENT_LENGTH, 0), bytes);
        return body.collect(() -> collector, BodyCollector::add).map(collected -> response(head, collected.toBytes()));
    }

    private ClientResponse response(HttpClientResponse head, byte[] received) {
        try {
            byte[] decoded = ContentDecoder.decode(
                    head.responseHeaders(), received, wire.settings().maxResponseBytes());
            bytes.body(Math.max(0, decoded.length - received.length));
            int kept = bytes.kept();
            call.paid(kept);
            wire.received(kept);
            return new CollectedResponse(
                    new UpstreamResponse(head.status().code(), HeadersByName.of(head.responseHeaders()), decoded),
                    request);
        } catch (Error error) {
            throw new OwnLimitException(error);
        }
    }

    @Override
    public Context currentContext() {
        return context;
    }

    @Override
    public void onSubscribe(Subscription given) {
        subscription = given;
        actual.onSubscribe(this);
    }

    @Override
    public void request(long n) {
        if (subscription != null) {
            subscription.request(Long.MAX_VALUE);
        }
    }

    @Override
    public void cancel() {
        if (subscription != null) {
            subscription.cancel();
        }
        end();
    }

    @Override
    public void onNext(ClientResponse complete) {
        response = complete;
    }

    @Override
    public void onError(Throwable failure) {
        fail(failure instanceof Error ? new OwnLimitException(failure) : failure);
    }

    /// A response is passed on once its connection is about to be free, and not before.
    @Override
    public void onComplete() {
        if (response == null) {
            fail(new NoSuchElementException("Reactor Netty ended the exchange without a response"));
        } else if (end()) {
            actual.onNext(response);
            actual.onComplete();
        }
    }

    private void fail(Throwable failure) {
        if (end()) {
            call.failed(failure);
            actual.onError(failure);
        }
    }

    private boolean end() {
        if (!ended.compareAndSet(false, true)) {
            return false;
        }
        pool.leave();
        bytes.end();
        return true;
    }
}
