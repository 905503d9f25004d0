package dev.muster.admission;

import dev.muster.plan.CallPlan;
import dev.muster.plan.Destination;
import dev.muster.plan.NanoClock;
import dev.muster.service.HostSettings;
import dev.muster.url.HttpUrl;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/// What each host may be asked for at once and in a second, where its service limits that.
///
/// A host is known as long as a call to it waits or is in flight, and until its next call may begin: callers may name
/// any number of them.
public final class HostLimits {

    private final NanoClock clock;
    private final Scheduler timer;
    private final Map<Host, HostGate> gates = new ConcurrentHashMap<>();

    /// A service that is called by its name is one host, however many base URLs it has.
    ///
    /// @param name `null` for all base URLs of the service
    private record Host(String service, @Nullable String name, int port) {

        static Host of(CallPlan call) {
            Destination destination = call.destination();
            return destination.path() == null
                    ? new Host(
                            call.service().name(),
                            Objects.requireNonNull(HttpUrl.host(destination.uri()))
                                    .toLowerCase(Locale.ROOT),
                            HttpUrl.port(destination.uri()))
                    : new Host(call.service().name(), null, 0);
        }
    }

    HostLimits(NanoClock clock, Scheduler timer) {
        this.clock = clock;
        this.timer = timer;
    }

    /// The way of `call` through the limits of its host, on which `caller` takes turns with others; `null` where there
    /// are none.
    public @Nullable HostPass pass(CallPlan call, String caller) {
        HostSettings limits = call.service().hosts();
        if (!limits.areLimits()) {
            return null;
        }
        Host host = Host.of(call);
        HostGate gate = Objects.requireNonNull(gates.compute(host, (_, present) -> {
            HostGate used = present == null ? new HostGate(limits, clock, timer, () -> settle(host)) : present;
            used.use();
            return used;
        }));
        return new HostPass(caller, gate, () -> {
            gate.release();
            settle(host);
        });
    }

    private void settle(Host host) {
        gates.computeIfPresent(host, (_, gate) -> gate.isForgettable() ? null : gate);
    }

    /// How many hosts are known.
    int hosts() {
        return gates.size();
    }

    /// How many calls wait for their host.
    int waiting() {
        return gates.values().stream().mapToInt(HostGate::waiting).sum();
    }
}
