package dev.muster.observability;

import dev.muster.admission.Load;
import dev.muster.admission.RetainedLoad;
import dev.muster.fanout.Fanout;
import dev.muster.resilience.Resilience;
import dev.muster.resilience.ServiceGuard;
import dev.muster.resilience.Snapshot;
import dev.muster.service.Service;
import dev.muster.upstream.PoolUsage;
import dev.muster.upstream.UpstreamClient;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/// What is read when somebody looks, and costs nothing before: loads, pools, limits and budgets.
final class Gauges implements MeterBinder {

    private final Fanout fanout;
    private final UpstreamClient client;
    private final Resilience resilience;

    Gauges(Fanout fanout, UpstreamClient client, Resilience resilience) {
        this.fanout = fanout;
        this.client = client;
        this.resilience = resilience;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        load(registry, MeterNames.BATCHES_IN_FLIGHT, "Batches taken on and not over", Load::batches);
        load(registry, MeterNames.CALLS_IN_FLIGHT, "Calls in flight", Load::inFlight);
        load(registry, MeterNames.CALLS_IN_FLIGHT_LIMIT, "Most calls in flight at once", Load::maxInFlight);
        load(registry, MeterNames.CALLS_WAITING, "Calls that wait for one of the slots of all batches", Load::waiting);
        load(
                registry,
                MeterNames.CALLS_WAITING_FOR_HOSTS,
                "Calls that wait for their host before that",
                Load::waitingForHosts);
        bytes(registry, MeterNames.BUFFERED, "Memory that documents and batches hold", Load::bufferedBytes);
        bytes(registry, MeterNames.BUFFERED_LIMIT, "The most memory that they may hold", Load::maxBufferedBytes);
        retained(registry, MeterNames.DETACHED_BATCHES, "Detached batches that run or are kept", RetainedLoad::batches);
        retained(registry, MeterNames.DETACHED_CALLS, "Calls of detached batches", RetainedLoad::calls);
        retained(registry, MeterNames.DETACHED_FOLLOWERS, "Clients that follow one", RetainedLoad::followers);
        retainedBytes(registry, MeterNames.DETACHED_BYTES, "Memory that detached batches hold", RetainedLoad::bytes);
        retainedBytes(registry, MeterNames.DETACHED_BYTES_LIMIT, "The most that they may hold", RetainedLoad::maxBytes);
        FunctionCounter.builder(MeterNames.LOG_DROPPED, this, _ -> BoundedLog.dropped())
                .description("Lines that were not written, because the log did not keep up")
                .register(registry);
        TimeGauge.builder(
                        MeterNames.CALLS_EXPECTED_WAIT,
                        fanout,
                        TimeUnit.NANOSECONDS,
                        running -> running.load().expectedWaitNanos())
                .description("How long a call that comes now is likely to wait for its start")
                .register(registry);
        for (ServiceGuard guard : resilience.all()) {
            pool(registry, guard.service());
            guard(registry, guard);
        }
    }

    private void load(MeterRegistry registry, String name, String description, ToDoubleFunction<Load> value) {
        Gauge.builder(name, fanout, running -> value.applyAsDouble(running.load()))
                .description(description)
                .register(registry);
    }

    private void bytes(MeterRegistry registry, String name, String description, ToDoubleFunction<Load> value) {
        Gauge.builder(name, fanout, running -> value.applyAsDouble(running.load()))
                .description(description)
                .baseUnit(BaseUnits.BYTES)
                .register(registry);
    }

    private void retained(
            MeterRegistry registry, String name, String description, ToDoubleFunction<RetainedLoad> value) {
        Gauge.builder(name, fanout, running -> value.applyAsDouble(running.retainedLoad()))
                .description(description)
                .register(registry);
    }

    private void retainedBytes(
            MeterRegistry registry, String name, String description, ToDoubleFunction<RetainedLoad> value) {
        Gauge.builder(name, fanout, running -> value.applyAsDouble(running.retainedLoad()))
                .description(description)
                .baseUnit(BaseUnits.BYTES)
                .register(registry);
    }

    private void pool(MeterRegistry registry, Service service) {
        pool(service, MeterNames.POOL_CONNECTIONS, "Connections to all hosts of the service", PoolUsage::active)
                .tag(MeterNames.STATE, "active")
                .register(registry);
        pool(service, MeterNames.POOL_CONNECTIONS, "Connections to all hosts of the service", PoolUsage::idle)
                .tag(MeterNames.STATE, "idle")
                .register(registry);
        pool(service, MeterNames.POOL_PENDING, "Calls that wait for a connection", PoolUsage::pending)
                .register(registry);
        pool(service, MeterNames.POOL_HOSTS, "Hosts that there is a pool for", PoolUsage::hosts)
                .register(registry);
        FunctionCounter.builder(MeterNames.POOL_REPLACED, client, pools -> pools.poolsReplaced(service))
                .description("Pools that handed out nothing while they had room")
                .tag(MeterNames.SERVICE, service.name())
                .register(registry);
    }

    private Gauge.Builder<UpstreamClient> pool(
            Service service, String name, String description, ToDoubleFunction<PoolUsage> value) {
        return Gauge.builder(name, client, pools -> value.applyAsDouble(pools.poolUsage(service)))
                .description(description)
                .tag(MeterNames.SERVICE, service.name());
    }

    private static void guard(MeterRegistry registry, ServiceGuard guard) {
        counter(
                registry,
                guard,
                MeterNames.CALL_ATTEMPTS,
                "Requests that left for the service: retries, hedges and redirects into it included",
                ServiceGuard::requestsSent);
        counter(registry, guard, MeterNames.CALL_RETRIES, "Retries", ServiceGuard::retries);
        counter(registry, guard, MeterNames.CALL_HEDGES, "Hedges", ServiceGuard::hedges);
        counter(
                registry,
                guard,
                MeterNames.CALL_HEDGES_WON,
                "Hedges that were quicker than what they were for",
                ServiceGuard::hedgesWon);
        gauge(
                registry,
                guard,
                MeterNames.RETRY_BUDGET,
                "Retries and hedges that could be paid now",
                Snapshot::retryBudget);
        if (guard.service().resilience().adaptiveConcurrency() != null) {
            gauge(
                    registry,
                    guard,
                    MeterNames.ADAPTIVE_LIMIT,
                    "Attempts that the adaptive limit lets through at once",
                    Gauges::adaptiveLimit);
        }
        if (guard.service().location().baseUrls().size() > 1) {
            gauge(registry, guard, MeterNames.HOSTS_EJECTED, "Base URLs that are passed over", Gauges::ejected);
        }
    }

    private static double adaptiveLimit(Snapshot snapshot) {
        return snapshot.adaptiveLimit() == null ? Double.NaN : snapshot.adaptiveLimit();
    }

    private static double ejected(Snapshot snapshot) {
        return snapshot.hosts().stream().filter(Snapshot.Host::ejected).count();
    }

    private static void counter(
            MeterRegistry registry,
            ServiceGuard guard,
            String name,
            String description,
            ToDoubleFunction<ServiceGuard> value) {
        FunctionCounter.builder(name, guard, value)
                .description(description)
                .tag(MeterNames.SERVICE, guard.service().name())
                .register(registry);
    }

    private static void gauge(
            MeterRegistry registry,
            ServiceGuard guard,
            String name,
            String description,
            ToDoubleFunction<Snapshot> value) {
        Gauge.builder(name, guard, guarded -> value.applyAsDouble(guarded.snapshot()))
                .description(description)
                .tag(MeterNames.SERVICE, guard.service().name())
                .register(registry);
    }
}
