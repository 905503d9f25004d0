package dev.muster.plan;

import dev.muster.request.BatchRequest;
import dev.muster.request.CallRequest;
import dev.muster.request.Target;
import dev.muster.service.Service;
import dev.muster.service.ServiceCatalogue;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Turns what a client asked into what will be done: services looked up, defaults filled in, budgets combined by
/// minimum.
public final class Planner {

    private final GatewayProperties gateway;
    private final ServiceCatalogue services;

    public Planner(GatewayProperties gateway, ServiceCatalogue services) {
        this.gateway = gateway;
        this.services = services;
    }

    /// Plans `batch`.
    ///
    /// @param nowNanos      when the batch is accepted, on the monotonic clock
    /// @param callerBudget  the time that the caller's deadline header leaves, or `null`
    /// @param principal     who made it
    /// @param documentBytes how large its document was
    public BatchPlan plan(
            UUID id,
            BatchRequest batch,
            long nowNanos,
            @Nullable Duration callerBudget,
            String principal,
            int documentBytes) {
        Duration budget = shortest(shortest(gateway.timeout(), batch.timeout()), callerBudget);
        List<CallPlan> calls = new ArrayList<>(batch.calls().size());
        for (CallRequest call : batch.calls()) {
            calls.add(plan(call, calls.size()));
        }
        return new BatchPlan(
                id,
                strategy(batch),
                nowNanos,
                Deadline.after(nowNanos, Layer.GATEWAY, budget),
                batch.concurrency() == null
                        ? gateway.maxConcurrency()
                        : Math.min(batch.concurrency(), gateway.maxConcurrency()),
                gateway.maxBatchSize().toBytes(),
                calls,
                principal,
                documentBytes);
    }

    private static Strategy strategy(BatchRequest batch) {
        return switch (batch.strategy()) {
            case GATHER -> new Strategy.Gather(batch.onFailure(), batch.minSuccess());
            case AS_COMPLETED -> new Strategy.AsCompleted(batch.onFailure(), batch.minSuccess());
            case FIRST_COMPLETED -> new Strategy.FirstCompleted();
            case WAIT -> new Strategy.Wait(batch.returnWhen());
        };
    }

    private CallPlan plan(CallRequest call, int index) {
        return switch (call.target()) {
            case Target.Url(String text, URI uri) -> plan(call, index, text, uri, null, services.ofHost(uri.getHost()));
            case Target.ServicePath(String name, String path) -> {
                Service service = services.named(name);
                String url = Objects.requireNonNull(service.baseUrl()) + path;
                yield plan(call, index, url, URI.create(URI.create(url).toASCIIString()), path, service);
            }
        };
    }

    private static CallPlan plan(
            CallRequest call, int index, String url, URI uri, @Nullable String path, Service service) {
        boolean ownIsShorter = call.timeout() != null && call.timeout().compareTo(service.timeout()) < 0;
        return new CallPlan(
                call.id(),
                index,
                url,
                uri,
                path,
                service,
                call.method(),
                call.headers(),
                call.body(),
                ownIsShorter ? Objects.requireNonNull(call.timeout()) : service.timeout(),
                ownIsShorter ? Layer.REQUEST : Layer.SERVICE,
                call.required() == null ? service.required() : call.required(),
                call.success(),
                call.redirects() == null ? service.redirects() : call.redirects());
    }

    private static Duration shortest(Duration one, @Nullable Duration other) {
        return other != null && other.compareTo(one) < 0 ? other : one;
    }
}
