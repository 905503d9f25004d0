package dev.muster.plan;

import dev.muster.request.BatchRequest;
import dev.muster.request.CallRequest;
import dev.muster.request.HeaderRules;
import dev.muster.request.Needs;
import dev.muster.request.RequestMessage;
import dev.muster.request.ResponseRules;
import dev.muster.request.Target;
import dev.muster.service.CallSettings;
import dev.muster.service.Service;
import dev.muster.service.ServiceCatalogue;
import dev.muster.template.Pointer;
import dev.muster.url.HttpUrl;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Turns what a client asked into what will be done: services looked up, defaults filled in, budgets combined by
/// minimum.
public final class Planner {

    /// So that hosts that are slow, or limited to few calls, hold up no others that come soon behind. What it takes to
    /// look through them for each call that ends is little, if they are no more.
    private static final int MOST_WAITING_FOR_HOSTS = 1_000;

    private final BatchProperties batches;
    private final long maxBatchBytes;
    private final boolean propagateTrace;
    private final ServiceCatalogue services;
    private final Set<String> hiddenHeaders;
    private final Set<String> inboundHeaders;
    private final IdentityHashMap<Service, Usual> usual = new IdentityHashMap<>();

    /// What the calls of one service have that ask for nothing else.
    private record Usual(Budget budget, CallRules rules) {}

    /// @throws IllegalArgumentException if a response header to be hidden is no header name
    public Planner(
            BatchProperties batches,
            ResponseProperties responses,
            PropagationProperties propagation,
            ServiceCatalogue services) {
        this.batches = batches;
        this.maxBatchBytes = responses.maxBatchSize().toBytes();
        this.propagateTrace = propagation.propagateTrace();
        this.services = services;
        this.hiddenHeaders = hidden(responses.hiddenResponseHeaders());
        Set<String> inbound = new HashSet<>(services.forwardedHeaders());
        if (propagateTrace) {
            inbound.addAll(List.of(TraceContext.TRACE_PARENT, TraceContext.TRACE_STATE));
        }
        this.inboundHeaders = Collections.unmodifiableSet(inbound);
        for (Service service : services.all()) {
            usual.put(
                    service,
                    new Usual(
                            new Budget(service.calls().timeout(), Layer.SERVICE),
                            rules(service.calls(), ResponseRules.USUAL)));
        }
    }

    private CallRules rules(CallSettings usual, ResponseRules asked) {
        return new CallRules(
                asked.required() == null ? usual.required() : asked.required(),
                asked.success(),
                asked.redirects() == null ? usual.redirects() : asked.redirects(),
                hiddenHeaders(asked),
                asked.pick());
    }

    private static Set<String> hidden(List<String> names) {
        for (String name : names) {
            HeaderRules.faultOfToken(name).ifPresent(fault -> {
                throw new IllegalArgumentException(
                        "muster.gateway.hidden-response-headers: '%s' %s".formatted(name, fault));
            });
        }
        return names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    }

    /// The headers of a client's request that a plan may pass on, lower-cased.
    public Set<String> inboundHeaders() {
        return inboundHeaders;
    }

    /// Plans `batch`.
    ///
    /// @param nowNanos      when the batch is accepted, on the monotonic clock
    /// @param callerBudget  the time that the caller's deadline header leaves, or `null`
    /// @param principal     who made it
    /// @param inbound       what the client's request has of [#inboundHeaders]
    public BatchPlan plan(
            UUID id,
            BatchRequest batch,
            long nowNanos,
            @Nullable Duration callerBudget,
            String principal,
            Map<String, List<String>> inbound) {
        Duration most = batch.calls().isEmpty() ? batches.streamTimeout() : batches.timeout();
        Duration budget = shortest(shortest(most, batch.timeout()), callerBudget);
        return planWithin(budget, id, batch, nowNanos, principal, inbound);
    }

    /// Plans `batch`, which has so much time whatever it and the gateway say.
    ///
    /// @param nowNanos  when the batch is accepted, on the monotonic clock
    /// @param principal who made it
    /// @param inbound   what the client's request has of [#inboundHeaders]
    public BatchPlan planWithin(
            Duration budget,
            UUID id,
            BatchRequest batch,
            long nowNanos,
            String principal,
            Map<String, List<String>> inbound) {
        CallPlanner planner = calls(inbound);
        List<CallPlan> calls = new ArrayList<>(batch.calls().size());
        Map<String, Integer> indexes = Map.of();
        for (CallRequest call : batch.calls()) {
            Needs needs = call.needs();
            CallPlan plan = planner.plan(call, calls.size());
            if (needs == null) {
                calls.add(plan);
            } else {
                indexes = indexes.isEmpty() ? indexes(batch.calls()) : indexes;
                calls.add(waiting(plan, call, needs, indexes, planner));
            }
        }
        return new BatchPlan(
                id,
                strategy(batch),
                nowNanos,
                Deadline.after(nowNanos, Layer.GATEWAY, budget),
                limits(batch, calls),
                batch.answer(),
                calls,
                principal);
    }

    private BatchLimits limits(BatchRequest batch, List<CallPlan> calls) {
        int concurrency = batch.concurrency() == null
                ? batches.maxConcurrency()
                : Math.min(batch.concurrency(), batches.maxConcurrency());
        boolean mayWaitForHosts = calls.isEmpty()
                ? services.all().stream().anyMatch(service -> service.hosts().areLimits())
                : calls.stream().anyMatch(call -> call.service().hosts().areLimits());
        int begun = mayWaitForHosts ? concurrency + MOST_WAITING_FOR_HOSTS : concurrency;
        // Those that wait for others must not keep those from beginning.
        boolean dependent = calls.stream().anyMatch(call -> call.dependent() != null);
        return new BatchLimits(concurrency, dependent ? Math.max(begun, calls.size()) : begun, maxBatchBytes);
    }

    private static Map<String, Integer> indexes(List<CallRequest> calls) {
        Map<String, Integer> indexes = new HashMap<>();
        for (CallRequest call : calls) {
            indexes.put(call.id(), indexes.size());
        }
        return indexes;
    }

    /// @param plan    what can be planned of `call` before its `needs` are met
    /// @param indexes of the calls that it may need, by their ids
    private CallPlan waiting(
            CallPlan plan, CallRequest call, Needs needs, Map<String, Integer> indexes, CallPlanner planner) {
        Map<Integer, Set<Pointer>> on = new HashMap<>();
        needs.calls().forEach((id, taken) -> on.put(Objects.requireNonNull(indexes.get(id)), taken));
        int mostBodyBytes = Math.toIntExact(batches.maxRequestSize().toBytes());
        String written = needs.template().writtenUrl();
        String url = written == null
                ? plan.destination().url()
                : call.target() instanceof Target.ServicePath
                        ? plan.service().location().baseUrl() + written
                        : written;
        return plan.waiting(
                url, new Dependent(on, values -> planner.plan(needs.met(call, values, mostBodyBytes), plan.index())));
    }

    /// Plans the calls of one batch.
    ///
    /// @param inbound what the client's request has of [#inboundHeaders]
    public CallPlanner calls(Map<String, List<String>> inbound) {
        Map<String, List<String>> trace = propagateTrace ? TraceContext.of(inbound) : Map.of();
        return (call, index) -> plan(call, index, inbound, trace);
    }

    private static Strategy strategy(BatchRequest batch) {
        return switch (batch.strategy()) {
            case GATHER -> new Strategy.Gather(batch.onFailure(), batch.minSuccess());
            case AS_COMPLETED -> new Strategy.AsCompleted(batch.onFailure(), batch.minSuccess());
            case FIRST_COMPLETED -> new Strategy.FirstCompleted();
            case WAIT ->
                new Strategy.Wait(batch.waiting().returnWhen(), batch.waiting().detaches());
        };
    }

    private CallPlan plan(
            CallRequest call, int index, Map<String, List<String>> inbound, Map<String, List<String>> trace) {
        return switch (call.target()) {
            case Target.Url(String text, URI uri) -> {
                Service service = services.ofHost(Objects.requireNonNull(HttpUrl.host(uri)));
                var destination = new Destination(text, uri, null);
                yield plan(call, index, service, destination, message(call, service, uri, inbound, trace));
            }
            case Target.ServicePath(String name, String path) -> {
                Service service = services.named(name);
                String url = Objects.requireNonNull(service.location().baseUrl()) + path;
                URI uri = HttpUrl.of(url);
                var destination = new Destination(url, uri, path);
                yield plan(call, index, service, destination, message(call, service, uri, inbound, trace));
            }
        };
    }

    /// With the call's own headers, and below them the client's that go with it.
    private RequestMessage message(
            CallRequest call,
            Service service,
            URI uri,
            Map<String, List<String>> inbound,
            Map<String, List<String>> trace) {
        Set<String> forwarded = services.forwardedHeaders(service, uri);
        if (inbound.isEmpty() || (trace.isEmpty() && forwarded.isEmpty())) {
            return call.message();
        }
        Map<String, List<String>> headers = new HashMap<>(trace);
        for (String name : forwarded) {
            List<String> values = inbound.getOrDefault(name, List.of());
            if (!values.isEmpty()
                    && values.stream()
                            .allMatch(value -> HeaderRules.faultOfValue(value).isEmpty())) {
                headers.put(name, values);
            }
        }
        headers.putAll(call.message().headers());
        return call.message().withHeaders(headers);
    }

    private Set<String> hiddenHeaders(ResponseRules asked) {
        if (Collections.disjoint(hiddenHeaders, asked.exposeHeaders())) {
            return hiddenHeaders;
        }
        Set<String> hidden = new HashSet<>(hiddenHeaders);
        hidden.removeAll(asked.exposeHeaders());
        return hidden;
    }

    private CallPlan plan(
            CallRequest call, int index, Service service, Destination destination, RequestMessage message) {
        Usual shared = Objects.requireNonNull(usual.get(service));
        ResponseRules asked = call.response();
        Duration own = call.timeout();
        return new CallPlan(
                call.id(),
                index,
                service,
                destination,
                message,
                own != null && own.compareTo(shared.budget().time()) < 0
                        ? new Budget(own, Layer.REQUEST)
                        : shared.budget(),
                asked.equals(ResponseRules.USUAL) ? shared.rules() : rules(service.calls(), asked),
                null);
    }

    /// The shorter of two, of which the other may be absent.
    public static Duration shortest(Duration one, @Nullable Duration other) {
        return other != null && other.compareTo(one) < 0 ? other : one;
    }
}
