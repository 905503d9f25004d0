package dev.muster.upstream;

import dev.muster.outcome.Phase;
import dev.muster.plan.NanoClock;
import dev.muster.service.Protocol;
import dev.muster.service.Service;
import java.io.IOException;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/// What lies below the filters of a service: Reactor Netty's client on a pooled connection.
///
/// It takes the place of Spring's own connector, which hides what Muster has to know: the native request, to decide
/// `sent` in one step with the write, and the native response, to bound it while it is read. It hands on whole
/// responses only. A filter that takes its time between head and body would leave a connection that nobody reads, to
/// be drained without a limit when its call is cancelled.
final class Wire implements ExchangeFunction {

    /// Of one request that HTTP/2 connections do not take, one after the other.
    static final int MOST_RESENDS = 3;

    private final Service service;
    private final HostPools pools;
    private final UpstreamClient.Settings settings;
    private final NanoClock clock;

    Wire(Service service, HostPools pools, UpstreamClient.Settings settings, NanoClock clock) {
        this.service = service;
        this.pools = pools;
        this.settings = settings;
        this.clock = clock;
    }

    UpstreamClient.Settings settings() {
        return settings;
    }

    NanoClock clock() {
        return clock;
    }

    @Override
    public Mono<ClientResponse> exchange(ClientRequest request) {
        OutboundCall call = OutboundCall.of(request);
        return service.connections().protocol() == Protocol.HTTP1
                ? exchangeOnce(request, call)
                : exchange(request, call, MOST_RESENDS);
    }

    /// Sends a request again that an HTTP/2 connection did not take: the upstream has not processed it.
    private Mono<ClientResponse> exchange(ClientRequest request, OutboundCall call, int resends) {
        Mono<ClientResponse> exchange = exchangeOnce(request, call);
        ExchangeContext attempt = call.attempt();
        return resends == 0
                ? exchange
                : exchange.onErrorResume(
                        failure -> isNotProcessed(attempt, failure),
                        _ -> call.again(() -> exchange(request, call, resends - 1)));
    }

    private static boolean isNotProcessed(ExchangeContext attempt, Throwable failure) {
        return failure instanceof NotProcessedException
                // From Reactor Netty's pool, when two connections in turn took no more streams just then.
                || (failure.getClass() == IOException.class && attempt.phase() == Phase.ACQUIRE);
    }

    private Mono<ClientResponse> exchangeOnce(ClientRequest request, OutboundCall call) {
        return new Mono<>() {
            @Override
            public void subscribe(CoreSubscriber<? super ClientResponse> actual) {
                try {
                    call.begin(request);
                } catch (FilterException refused) {
                    Operators.error(actual, refused);
                    return;
                }
                // Only now: a call that is never begun would keep the pool for ever.
                new Exchange(actual, request, call, Wire.this, pools.enter(request.url())).begin(request);
            }
        };
    }

    /// Notes how many bytes a response has, its head included.
    void received(int bytes) {
        pools.responses().add(bytes);
    }
}
