package dev.muster.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// From the start of the JVM to the first answer of the readiness probe, and what the process then holds.
final class Start implements Row {

    private static final int IDLE_SECONDS = 5;

    @Override
    public String name() {
        return "start";
    }

    @Override
    public String what() {
        return "start to ready and resident memory when idle: the jar, and the extracted jar with an AOT cache";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        try (var upstream = new TimedUpstream()) {
            List<String> jar = new ArrayList<>(bench.settings().javaOptions());
            jar.addAll(List.of("-jar", "target/muster.jar"));
            measure(bench, upstream, "the jar", jar, false);
            measure(bench, upstream, "extracted, AOT cache", withCache(bench, upstream.base()), true);
        }
    }

    private static void measure(Bench bench, TimedUpstream upstream, String how, List<String> launch, boolean asShipped)
            throws IOException, InterruptedException {
        List<Double> seconds = new ArrayList<>();
        List<Double> megabytes = new ArrayList<>();
        List<Double> cpuSeconds = new ArrayList<>();
        for (int round = 0; round < bench.settings().rounds(); round++) {
            try (var muster = Muster.launch(bench, launch, upstream.base())) {
                seconds.add(muster.secondsToReady());
                cpuSeconds.add(muster.server().cpuSeconds());
                TimeUnit.SECONDS.sleep(IDLE_SECONDS);
                megabytes.add(muster.server().residentMegabytes());
            }
        }
        bench.add("CPU time from start to ready, " + how, "s", new Samples(cpuSeconds));
        if (asShipped) {
            bench.add("start to ready, " + how, "s", new Samples(seconds), 1.0);
            bench.add("resident memory, idle, " + how, "MB", new Samples(megabytes), 130);
        } else {
            bench.add("start to ready, " + how, "s", new Samples(seconds));
            bench.add("resident memory, idle, " + how, "MB", new Samples(megabytes));
        }
    }

    /// Extracts the jar and trains a cache in one start and stop, with the options that it will run with.
    static List<String> withCache(Bench bench, URI upstream) throws IOException, InterruptedException {
        Path extracted = bench.directory().resolve("extracted");
        Path cache = bench.directory().resolve("muster.aot");
        Files.deleteIfExists(cache);
        var extraction = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djarmode=tools",
                        "-jar",
                        "target/muster.jar",
                        "extract",
                        "--force",
                        "--destination",
                        extracted.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Checks.that(extraction.waitFor() == 0, "the jar could not be extracted");
        List<String> jar = List.of("-jar", extracted.resolve("muster.jar").toString());
        List<String> training = new ArrayList<>(bench.settings().javaOptions());
        training.add("-XX:AOTCacheOutput=" + cache);
        training.addAll(jar);
        Muster.launch(bench, training, upstream).close();
        Checks.that(Files.exists(cache), "no AOT cache was written");
        List<String> launch = new ArrayList<>(bench.settings().javaOptions());
        launch.add("-XX:AOTCache=" + cache);
        launch.addAll(jar);
        return launch;
    }
}
