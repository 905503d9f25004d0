package dev.muster.observability;

import java.time.Duration;

/// The names of Muster's own meters, all documented in the README. Every tag has a bounded set of values: services come
/// from the configuration, and hosts that callers name never become one.
final class MeterNames {

    static final String BATCHES = "muster.batches";
    static final String BATCHES_REFUSED = "muster.batches.refused";
    static final String BATCHES_IN_FLIGHT = "muster.batches.in.flight";
    static final String BUFFERED = "muster.buffered";
    static final String BUFFERED_LIMIT = "muster.buffered.limit";
    static final String CALLS = "muster.calls";
    static final String CALLS_IN_FLIGHT = "muster.calls.in.flight";
    static final String CALLS_IN_FLIGHT_LIMIT = "muster.calls.in.flight.limit";
    static final String CALLS_WAITING = "muster.calls.waiting";
    static final String CALLS_WAITING_FOR_HOSTS = "muster.calls.waiting.for.hosts";
    static final String CALLS_EXPECTED_WAIT = "muster.calls.expected.wait";
    static final String CALL_DURATION = "muster.call.duration";
    static final String CALL_PHASE = "muster.call.phase";
    static final String CALL_ATTEMPTS = "muster.call.attempts";
    static final String CALL_RETRIES = "muster.call.retries";
    static final String CALL_HEDGES = "muster.call.hedges";
    static final String CALL_HEDGES_WON = "muster.call.hedges.won";
    static final String RETRY_BUDGET = "muster.retry.budget";
    static final String ADAPTIVE_LIMIT = "muster.adaptive.limit";
    static final String HOSTS_EJECTED = "muster.hosts.ejected";
    static final String POOL_CONNECTIONS = "muster.pool.connections";
    static final String POOL_PENDING = "muster.pool.pending";
    static final String POOL_HOSTS = "muster.pool.hosts";
    static final String POOL_REPLACED = "muster.pool.replaced";
    static final String DETACHED_BATCHES = "muster.detached.batches";
    static final String DETACHED_CALLS = "muster.detached.calls";
    static final String DETACHED_BYTES = "muster.detached";
    static final String DETACHED_BYTES_LIMIT = "muster.detached.limit";
    static final String DETACHED_FOLLOWERS = "muster.detached.followers";
    static final String LOG_DROPPED = "muster.log.dropped";

    static final String SERVICE = "service";
    static final String STRATEGY = "strategy";
    static final String OUTCOME = "outcome";
    static final String ERROR = "error";
    static final String LAYER = "layer";
    static final String SOURCE = "source";
    static final String PHASE = "phase";
    static final String REASON = "reason";
    static final String STATE = "state";
    static final String NONE = "none";

    private MeterNames() {}

    /// The bounds of every histogram: from a call that a neighbour answers to the longest that anyone waits for.
    static Duration[] buckets() {
        return new Duration[] {
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            Duration.ofMillis(10),
            Duration.ofMillis(25),
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(250),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofMillis(2_500),
            Duration.ofSeconds(10),
        };
    }
}
