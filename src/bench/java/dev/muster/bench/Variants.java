package dev.muster.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Muster against itself with one setting changed. All variants run at once and are loaded in turns: what changes on
/// the
/// machine from minute to minute hits each of them, and a round is compared with the default's of the same turn.
final class Variants implements Row {

    private static final int CONNECTIONS = 16;

    private static final List<Variant> ALL = List.of(
            new Variant("the same again", List.of(), List.of(), false),
            Variant.jvm("Serial", "-XX:+UseSerialGC"),
            Variant.jvm("Parallel", "-XX:+UseParallelGC"),
            Variant.jvm("allocator pooled", "-Dio.netty.allocator.type=pooled"),
            Variant.jvm("allocator unpooled", "-Dio.netty.allocator.type=unpooled"),
            Variant.jvm("NIO", "-Dreactor.netty.native=false"),
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

        Running start(Bench bench, Nginx upstream) throws IOException, InterruptedException {
            var muster = Muster.start(
                    bench,
                    javaOptions,
                    http2 ? upstream.http2() : upstream.base(),
                    Muster.patient(properties.toArray(String[]::new)));
            return new Running(name, muster, new ArrayList<>());
        }
    }

    /// @param ratios CPU a call of each round over the default's in the same turn
    private record Running(String name, Muster muster, List<Double> ratios) implements AutoCloseable {

        @Override
        public void close() {
            muster.close();
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
        List<Running> variants = new ArrayList<>();
        try (var upstream = Nginx.upstream(bench.directory());
                var standard = new Variant("default", List.of(), List.of(), false).start(bench, upstream)) {
            for (Variant variant : ALL) {
                variants.add(variant.start(bench, upstream));
            }
            var load = new Load(bench, upstream);
            for (Running running :
                    Stream.concat(Stream.of(standard), variants.stream()).toList()) {
                load.warmUp(of(running, wrk, batch));
            }
            for (int turn = 0; turn < bench.settings().rounds(); turn++) {
                Optional<Load.Round> reference = load.round(standard.muster().server(), of(standard, wrk, batch));
                for (Running running : variants) {
                    Optional<Load.Round> round = load.round(running.muster().server(), of(running, wrk, batch));
                    if (reference.isPresent() && round.isPresent()) {
                        running.ratios()
                                .add(round.get().microsPerCall()
                                        / reference.get().microsPerCall());
                    }
                }
            }
            for (Running running : variants) {
                bench.add("CPU per call, " + running.name() + " / default", "×", new Samples(running.ratios()));
            }
        } finally {
            variants.forEach(Running::close);
        }
    }

    private static Load.Closed of(Running running, Wrk wrk, String batch) {
        return seconds -> wrk.post(running.muster().batches(), batch, Peers.BATCH_SIZE, CONNECTIONS, seconds);
    }
}
