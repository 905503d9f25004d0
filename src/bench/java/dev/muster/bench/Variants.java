package dev.muster.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Muster against itself with one setting changed. All variants run at once and are loaded in turns.
final class Variants implements Row {

    private static final int CONNECTIONS = 16;

    private static final String DEFAULT = "default";

    private static final List<Variant> ALL = List.of(
            new Variant(DEFAULT, List.of(), List.of(), false),
            new Variant("the same again", List.of(), List.of(), false),
            Variant.jvm("Serial", "-XX:+UseSerialGC"),
            Variant.jvm("Parallel", "-XX:+UseParallelGC"),
            Variant.jvm("allocator pooled", "-Dio.netty.allocator.type=pooled"),
            Variant.jvm("allocator unpooled", "-Dio.netty.allocator.type=unpooled"),
            Variant.jvm("NIO", "-Dreactor.netty.native=false"),
            Variant.setting("event loops not coalescing", "muster.transport.coalesce=false"),
            Variant.jvm("one event loop", "-Dreactor.netty.ioWorkerCount=1"),
            Variant.setting("max-in-flight 128", "muster.gateway.max-in-flight=128"),
            new Variant("HTTP/2", List.of(), List.of("muster.services.up.protocol=h2c"), true));

    /// @param http2 whether its upstream is asked by HTTP/2
    private record Variant(String name, List<String> javaOptions, List<String> properties, boolean http2) {

        static Variant jvm(String name, String option) {
            return new Variant(name, List.of(option), List.of(), false);
        }

        static Variant setting(String name, String property) {
            return new Variant(name, List.of(), List.of(property), false);
        }

        Muster start(Bench bench, Nginx upstream) throws IOException, InterruptedException {
            return Muster.start(
                    bench,
                    javaOptions,
                    http2 ? upstream.http2() : upstream.base(),
                    Muster.patient(properties.toArray(String[]::new)));
        }
    }

    @Override
    public String name() {
        return "variants";
    }

    @Override
    public String what() {
        return "CPU per call with one setting changed, against the defaults: collector, allocator, transport, HTTP/2";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        var wrk = new Wrk(bench.directory());
        String batch = Muster.batch(Peers.BATCH_SIZE, "/item");
        List<Muster> started = new ArrayList<>();
        try (var upstream = Nginx.upstream(bench.directory())) {
            List<Load.Contender> contenders = new ArrayList<>();
            for (Variant variant : ALL) {
                var muster = variant.start(bench, upstream);
                started.add(muster);
                contenders.add(new Load.Contender(
                        variant.name(),
                        muster.server(),
                        seconds -> wrk.post(muster.batches(), batch, Peers.BATCH_SIZE, CONNECTIONS, seconds)));
            }
            Load.Costs costs = new Load(bench, upstream).inTurns(contenders);
            for (Variant variant : ALL.subList(1, ALL.size())) {
                bench.add("CPU per call, " + variant.name() + " / default", "×", costs.ratio(variant.name(), DEFAULT));
            }
        } finally {
            started.forEach(Muster::close);
        }
    }
}
