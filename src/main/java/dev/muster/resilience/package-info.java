/// Decides whether an attempt may be made at an upstream service now, at which of its hosts, and whether the outcome is
/// worth another attempt: breaker, bulkhead or adaptive limit, rate limit, retry and its budget, hedge, balancing.
@NullMarked
package dev.muster.resilience;

import org.jspecify.annotations.NullMarked;
