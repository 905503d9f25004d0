package dev.muster.observability;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.muster.resilience.Resilience;
import dev.muster.resilience.ServiceGuard;
import dev.muster.resilience.Snapshot;
import dev.muster.service.Service;
import dev.muster.upstream.PoolUsage;
import dev.muster.upstream.UpstreamClient;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/// `/actuator/musterservices`: every service at a glance, with its breaker, pool, limits and budget. It shows no
/// address but the configured base URLs.
@Endpoint(id = "musterservices")
final class ServicesEndpoint {

    private final UpstreamClient client;
    private final Resilience resilience;

    ServicesEndpoint(UpstreamClient client, Resilience resilience) {
        this.client = client;
        this.resilience = resilience;
    }

    /// One service. What it does not have is left out.
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ServiceView(
            List<URI> baseUrls,
            String timeout,
            @Nullable String breaker,
            Pool pool,
            @Nullable AdaptiveLimit adaptiveLimit,
            @JsonUnwrapped Available available,
            Extra extraRequests,
            @Nullable List<Snapshot.Host> hosts) {}

    /// Its connections.
    record Pool(int hosts, int active, int idle, int pending, int maxConnectionsPerHost) {}

    /// Its adaptive limit.
    record AdaptiveLimit(@Nullable Integer limit, @Nullable Integer inFlight) {}

    /// How many attempts its bulkhead and its rate limit still let through.
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Available(
            @Nullable Integer bulkheadAvailable, @Nullable Integer rateAvailable) {}

    /// Retries and hedges: what was made of them, and how many more the budget pays for now.
    record Extra(double budget, long retries, long hedges, long hedgesWon) {}

    @ReadOperation
    Map<String, ServiceView> services() {
        Map<String, ServiceView> views = new LinkedHashMap<>();
        for (ServiceGuard guard : resilience.all()) {
            views.put(guard.service().name(), view(guard));
        }
        return views;
    }

    private ServiceView view(ServiceGuard guard) {
        Service service = guard.service();
        Snapshot now = guard.snapshot();
        PoolUsage pool = client.poolUsage(service);
        return new ServiceView(
                service.location().baseUrls(),
                service.calls().timeout().toMillis() + "ms",
                now.breaker(),
                new Pool(
                        pool.hosts(),
                        pool.active(),
                        pool.idle(),
                        pool.pending(),
                        service.pool().maxConnections()),
                now.adaptiveLimit() == null ? null : new AdaptiveLimit(now.adaptiveLimit(), now.adaptiveInFlight()),
                new Available(now.bulkheadAvailable(), now.rateAvailable()),
                new Extra(now.retryBudget(), guard.retries(), guard.hedges(), guard.hedgesWon()),
                now.hosts().isEmpty() ? null : now.hosts());
    }
}
