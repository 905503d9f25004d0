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
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
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
final class Exchange implements CoreSubscriber<ClientResponse>, Subscription, Consumer<Throwable> {

    /// Under which it is in the context, and by which Reactor finds who is to hear of errors that come too late. One
    /// key for both: Reactor makes texts to compare four keys with each other, and three are its own.
    static final String KEY = "reactor.onErrorDropped.local";

    private final Wire wire;
    private final HostPool pool;
    private final Context context;
    /// Set until it has ended. Connections of HTTP/2 keep the first and the last exchange that they had for as long as
    /// they live, and no call with it.
    private final AtomicReference<@Nullable UnderWay> underWay;
    private volatile @Nullable Subscription subscription;
    private @Nullable ClientResponse response;

    private record UnderWay(
            CoreSubscriber<? super ClientResponse> actual,
            ClientRequest request,
            OutboundCall call,
            ResponseBytes bytes) {

        ExchangeContext attempt() {
            return call.attempt();
        }
    }

    /// @param pool that it has entered, and leaves
    Exchange(
            CoreSubscriber<? super ClientResponse> actual,
            ClientRequest request,
            OutboundCall call,
            Wire wire,
            HostPool pool) {
        this.underWay = new AtomicReference<>(new UnderWay(
                actual, request, call, new ResponseBytes(call.attempt().bytes())));
        this.wire = wire;
        this.pool = pool;
        this.context = Context.of(KEY, this);
    }

    /// The one that uses the connection of `channel` now.
    static @Nullable Exchange of(Channel channel) {
        ContextView context = ReactorNetty.getChannelContext(channel);
        return context != null && context.getOrDefault(KEY, null) instanceof Exchange exchange ? exchange : null;
    }

    /// Sends the request whose `head` that is.
    static Publisher<Void> send(HttpClientRequest head, NettyOutbound outbound) {
        return head.currentContextView().<Exchange>get(KEY).write(head, outbound);
    }

    /// What it belongs to, or `null` if it has ended.
    @Nullable
    ExchangeContext attempt() {
        UnderWay now = underWay.get();
        return now == null ? null : now.attempt();
    }

    /// Who pays for the response, or `null` if it has ended.
    @Nullable
    ResponseBytes bytes() {
        UnderWay now = underWay.get();
        return now == null ? null : now.bytes();
    }

    /// @throws CancellationException if it has ended, so that nobody hears of it
    private UnderWay current() {
        UnderWay now = underWay.get();
        if (now == null) {
            throw new CancellationException();
        }
        return now;
    }

    void begin(ClientRequest request) {
        try {
            to(request.url(), pool.receiver(request.method().name()))
                    .response(this::receive)
                    .subscribe(this);
        } catch (RuntimeException | Error thrown) {
            if (subscription == null) {
                onSubscribe(Operators.emptySubscription());
            }
            onError(thrown);
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
        UnderWay now = underWay.get();
        return now == null ? nothing() : write(now, head, outbound);
    }

    private Publisher<Void> write(UnderWay now, HttpClientRequest head, NettyOutbound outbound) {
        Channel channel = ((Connection) outbound).channel();
        ExchangeContext attempt = now.attempt();
        UpstreamRequest given = now.call().request();
        watchStream(channel, attempt);
        HttpHeaders headers = head.requestHeaders();
        if (given.service().calls().compression()) {
            headers.set(HttpHeaderNames.ACCEPT_ENCODING, "gzip");
        }
        if (!now.request().headers().isEmpty()) {
            now.request().headers().forEach(headers::set);
        }
        long nanos = wire.clock().nanos();
        pool.used(nanos);
        long millisLeft = TimeUnit.NANOSECONDS.toMillis(attempt.deadline().remainingNanos(nanos));
        headers.set(wire.settings().deadlineHeader(), Long.toString(Math.max(1, millisLeft)));
        attempt.carried().forEach(headers::set);
        RequestBody body = given.message().body();
        if (body == null) {
            // Reactor Netty knows by this very object that there is no body.
            return attempt.sending(channel.eventLoop()) ? outbound : nothing();
        }
        headers.set(HttpHeaderNames.CONTENT_LENGTH, body.bytes().length);
        var outgoing = Outgoing.of(body.bytes(), channel);
        if (!attempt.sending(channel.eventLoop())) {
            outgoing.release();
            return nothing();
        }
        return new ErrorGuard<>(outgoing.through(outbound));
    }

    /// An HTTP/2 stream is a channel of its own, made for one call.
    private static void watchStream(Channel channel, ExchangeContext attempt) {
        if (channel.pipeline().get(NettyPipeline.H2ToHttp11Codec) != null) {
            channel.pipeline().addAfter(NettyPipeline.H2ToHttp11Codec, null, ResponseBoundary.ofStream());
            channel.pipeline().addAfter(NettyPipeline.H2ToHttp11Codec, null, new StreamEnding(attempt::nothingSent));
        }
    }

    /// Whoever closed the attempt aborts the exchange, too: nothing is left to be done or said here.
    private static Mono<Void> nothing() {
        return Mono.never();
    }

    /// Subscribes to the body at once and on the same thread: between head and body, a cancelled exchange would be
    /// drained to its end instead of closed.
    private Publisher<ClientResponse> receive(HttpClientResponse head, Flux<ByteBuf> body) {
        UnderWay now = underWay.get();
        return now == null ? body.then(Mono.empty()) : receive(now, head, body);
    }

    private Publisher<ClientResponse> receive(UnderWay now, HttpClientResponse head, Flux<ByteBuf> body) {
        now.attempt().receiving();
        HttpHeaders headers = head.responseHeaders();
        try {
            now.bytes().headIsComplete(headers);
        } catch (ResponseTooLargeException | ProtocolException refused) {
            // A body that nobody subscribes to would not be released.
            return body.takeUntilOther(Mono.error(refused)).then(Mono.error(refused));
        }
        // These steps are kept as long as this is, so they hold no more than this does.
        return body.collect(() -> collector(head), BodyCollector::add)
                .map(collected -> response(head, collected.toBytes()));
    }

    private BodyCollector collector(HttpClientResponse head) {
        int expected = head.responseHeaders().getInt(HttpHeaderNames.CONTENT_LENGTH, 0);
        return new BodyCollector(
                wire.settings().maxResponseBytes(), expected, current().bytes());
    }

    private ClientResponse response(HttpClientResponse head, byte[] received) {
        UnderWay now = current();
        try {
            byte[] decoded = ContentDecoder.decode(
                    head.responseHeaders(), received, wire.settings().maxResponseBytes());
            now.bytes().body(Math.max(0, decoded.length - received.length));
            int kept = now.bytes().kept();
            now.call().paid(kept);
            wire.received(kept);
            return new CollectedResponse(
                    new UpstreamResponse(head.status().code(), HeadersByName.of(head.responseHeaders()), decoded),
                    now.request());
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
        UnderWay now = underWay.get();
        if (now != null) {
            now.actual().onSubscribe(this);
        }
    }

    @Override
    public void request(long n) {
        Subscription source = subscription;
        if (source != null) {
            source.request(Long.MAX_VALUE);
        }
    }

    @Override
    public void cancel() {
        Subscription source = subscription;
        if (source != null) {
            source.cancel();
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
        ClientResponse complete = response;
        if (complete == null) {
            fail(new NoSuchElementException("Reactor Netty ended the exchange without a response"));
            return;
        }
        response = null;
        UnderWay last = end();
        if (last != null) {
            last.actual().onNext(complete);
            last.actual().onComplete();
        }
    }

    /// An exchange may fail just as it is given up, as others may that are pending there. That is no news.
    @Override
    public void accept(Throwable late) {}

    private void fail(Throwable failure) {
        UnderWay last = end();
        if (last != null) {
            last.call().failed(failure);
            last.actual().onError(failure);
        }
    }

    private @Nullable UnderWay end() {
        UnderWay last = underWay.getAndSet(null);
        if (last != null) {
            subscription = null;
            pool.leave();
            last.bytes().end();
        }
        return last;
    }
}
