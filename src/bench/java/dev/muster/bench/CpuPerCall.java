package dev.muster.bench;

import java.io.IOException;
import java.net.URI;
import java.util.Map;

/// One call is one GET of 87 bytes of JSON from nginx on loopback; batches of 100 calls, 16 at a time, closed loop.
final class CpuPerCall implements Row {

    private static final int CONNECTIONS = 16;
    private static final String MUSTER = "Muster";

    /// What Muster's CPU per call may be of a peer's.
    private static final Map<String, Double> TARGETS = Map.of(
            "WebFlux, flatMapSequential", 0.6, "Node, http.Agent", 0.5, "aiohttp, asyncio", 0.12, "KrakenD", 1.0);

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public String what() {
        return "CPU per call, Muster and its peers, batches of 100, 16 at a time";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        var wrk = new Wrk(bench.directory());
        String batch = Muster.batch(Peers.BATCH_SIZE, "/item");
        try (var upstream = Nginx.upstream(bench.directory())) {
            var load = new Load(bench, upstream);
            Samples muster;
            try (var started = Muster.start(bench, upstream.base(), Muster.patient())) {
                var cost = load.cost(
                        started.server(),
                        seconds -> wrk.post(started.batches(), batch, Peers.BATCH_SIZE, CONNECTIONS, seconds));
                muster = cost.microsPerCall();
                bench.add("CPU per call, " + MUSTER, "µs", muster);
                bench.add("calls per second, " + MUSTER, "/s", cost.callsPerSecond());
            }
            try (var proxy = Nginx.proxy(bench.directory(), upstream)) {
                URI item = proxy.base().resolve("/item");
                Samples floor = load.cost(proxy.server(), seconds -> wrk.get(item, 1, CONNECTIONS, seconds))
                        .microsPerCall();
                bench.add("CPU per call, nginx proxy_pass", "µs", floor);
                bench.add("CPU per call, Muster / nginx proxy_pass", "×", muster.over(floor.median()), 2);
            }
            for (var peer : Peers.all().entrySet()) {
                try (var started = peer.getValue().start(bench.directory(), upstream)) {
                    bench.note(peer.getKey(), started.version());
                    compare(bench, load, wrk, batch, peer.getKey(), started, muster);
                } catch (AbsentException absent) {
                    bench.absent(peer.getKey(), String.valueOf(absent.getMessage()));
                } catch (IOException failure) {
                    bench.note(peer.getKey() + " failed", String.valueOf(failure.getMessage()));
                }
            }
        }
    }

    private static void compare(
            Bench bench, Load load, Wrk wrk, String batch, String peer, Peers.Running started, Samples muster)
            throws IOException, InterruptedException {
        Load.Cost cost = load.cost(
                started.server(),
                seconds -> started.posted()
                        ? wrk.post(started.batch(), batch, Peers.BATCH_SIZE, CONNECTIONS, seconds)
                        : wrk.get(started.batch(), Peers.BATCH_SIZE, CONNECTIONS, seconds));
        bench.add("CPU per call, " + peer, "µs", cost.microsPerCall());
        bench.add("calls per second, " + peer, "/s", cost.callsPerSecond());
        Samples ratio = muster.over(cost.microsPerCall().median());
        String what = "CPU per call, Muster / " + peer;
        Double target = TARGETS.get(peer);
        if (target == null) {
            bench.add(what, "×", ratio);
        } else {
            bench.add(what, "×", ratio, target);
        }
    }
}
