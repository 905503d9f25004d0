package dev.muster.call;

import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Destination;
import dev.muster.request.RequestMessage;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The requests in flight that identical calls of one batch share.
final class SharedRequests {

    private final Map<Key, InFlight> inFlight = new ConcurrentHashMap<>();

    /// @param service whose guards it passes
    /// @param anyBaseUrl whether it may go to any of the service's base URLs
    private record Key(String service, URI uri, boolean anyBaseUrl, Map<String, List<String>> headers, int redirects) {}

    /// A request in flight.
    ///
    /// @param live    its state, apart from those of the calls
    /// @param outcome what comes of it; the request is given up when the last call lets go of it
    /// @param used    whether a call has had the response already for which the request has paid
    record InFlight(LiveCall live, Mono<CallOutcome> outcome, AtomicBoolean used) {

        InFlight(LiveCall live, Mono<CallOutcome> outcome) {
            this(live, outcome, new AtomicBoolean());
        }
    }

    /// Whether `call` may share its request with those that are identical.
    static boolean mayShare(CallPlan call) {
        RequestMessage message = call.message();
        return call.service().reuse().coalesce() && message.method().equals("GET") && message.body() == null;
    }

    /// The request that `call` takes part in: one that is in flight, or the one that `begin` begins.
    InFlight join(CallPlan call, Supplier<InFlight> begin) {
        Destination to = call.destination();
        var key = new Key(
                call.service().name(),
                to.uri(),
                to.path() != null,
                call.message().headers(),
                call.rules().redirects());
        return inFlight.computeIfAbsent(key, _ -> {
            InFlight begun = begin.get();
            Flux<CallOutcome> outcome =
                    begun.outcome().doFinally(_ -> inFlight.remove(key)).flux().share();
            return new InFlight(begun.live(), outcome.next(), begun.used());
        });
    }
}
