package dev.muster.bench;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// One call is one GET of 87 bytes of JSON from nginx on loopback; batches of 100 calls, 16 at a time, closed loop.
final class CpuPerCall implements Row {

    private static final int CONNECTIONS = 16;
    private static final String MUSTER = "Muster";
    private static final String FLOOR = "nginx proxy_pass";

    /// What Muster's CPU per call may be of a peer's.
    private static final Map<String, Double> TARGETS = Map.of(
            FLOOR,
            2.0,
            "WebFlux, flatMapSequential",
            0.6,
            "Node, http.Agent",
            0.5,
            "aiohttp, asyncio",
            0.12,
            "KrakenD",
            1.0);

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
        List<Peers.Running> peers = new ArrayList<>();
        try (var upstream = Nginx.upstream(bench.directory());
                var muster = Muster.start(bench, upstream.base(), Muster.patient());
                var proxy = Nginx.proxy(bench.directory(), upstream)) {
            URI item = proxy.base().resolve("/item");
            List<Load.Contender> contenders = new ArrayList<>();
            contenders.add(new Load.Contender(
                    MUSTER,
                    muster.server(),
                    seconds -> wrk.post(muster.batches(), batch, Peers.BATCH_SIZE, CONNECTIONS, seconds)));
            contenders.add(
                    new Load.Contender(FLOOR, proxy.server(), seconds -> wrk.get(item, 1, CONNECTIONS, seconds)));
            for (var peer : Peers.all().entrySet()) {
                try {
                    var started = peer.getValue().start(bench.directory(), upstream);
                    peers.add(started);
                    bench.note(peer.getKey(), started.version());
                    contenders.add(new Load.Contender(
                            peer.getKey(),
                            started.server(),
                            seconds -> started.posted()
                                    ? wrk.post(started.batch(), batch, Peers.BATCH_SIZE, CONNECTIONS, seconds)
                                    : wrk.get(started.batch(), Peers.BATCH_SIZE, CONNECTIONS, seconds)));
                } catch (AbsentException absent) {
                    bench.absent(peer.getKey(), String.valueOf(absent.getMessage()));
                } catch (IOException failure) {
                    bench.note(peer.getKey() + " failed", String.valueOf(failure.getMessage()));
                }
            }
            Load.Costs costs = new Load(bench, upstream).inTurns(contenders);
            contenders.forEach(contender -> report(bench, costs, contender.name()));
        } finally {
            peers.forEach(Peers.Running::close);
        }
    }

    private static void report(Bench bench, Load.Costs costs, String name) {
        bench.add("CPU per call, " + name, "µs", costs.microsPerCall(name));
        bench.add("calls per second, " + name, "/s", costs.callsPerSecond(name));
        if (name.equals(MUSTER)) {
            return;
        }
        String what = "CPU per call, Muster / " + name;
        Double target = TARGETS.get(name);
        if (target == null) {
            bench.add(what, "×", costs.ratio(MUSTER, name));
        } else {
            bench.add(what, "×", costs.ratio(MUSTER, name), target);
        }
    }
}
