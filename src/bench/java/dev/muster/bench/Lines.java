package dev.muster.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A batch without end, as `curl` sends it: what its calls cost, and that its memory does not grow with its lines.
final class Lines implements Row {

    private static final int EARLY = 10_000;
    private static final double MOST_GROWTH_MEGABYTES = 64;

    /// What the image gives itself under 256 MiB.
    private static final List<String> HEAP = List.of("-XX:+UseSerialGC", "-Xmx64m");

    private record Round(double growthMegabytes, double microsPerCall, double seconds) {}

    @Override
    public String name() {
        return "lines";
    }

    @Override
    public String what() {
        return "a million lines in one request: growth of resident memory after line 10,000, CPU a call, time";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        int lines = bench.settings().choose(200_000, 1_000_000);
        Path file = bench.directory().resolve("lines.ndjson");
        Files.write(
                file, "{\"service\":\"up\",\"path\":\"/item\"}\n".repeat(lines).getBytes(US_ASCII));
        List<Round> rounds = new ArrayList<>();
        for (int round = 0; round < bench.settings().rounds(); round++) {
            rounds.add(round(bench, file, lines));
        }
        Files.delete(file);
        String of = "%,d lines in one request, ".formatted(lines);
        bench.add(
                of + "resident memory at the end over that at line 10,000",
                "MB",
                new Samples(rounds.stream().map(Round::growthMegabytes).toList()),
                MOST_GROWTH_MEGABYTES);
        bench.add(
                of + "CPU a call",
                "µs",
                new Samples(rounds.stream().map(Round::microsPerCall).toList()));
        bench.add(
                of + "time",
                "s",
                new Samples(rounds.stream().map(Round::seconds).toList()));
    }

    private static Round round(Bench bench, Path file, int lines) throws IOException, InterruptedException {
        List<String> launch = new ArrayList<>(
                bench.settings().javaOptions().isEmpty()
                        ? HEAP
                        : bench.settings().javaOptions());
        launch.addAll(List.of("-jar", "target/muster.jar"));
        try (var upstream = Nginx.upstream(bench.directory());
                var muster = Muster.launch(bench, launch, upstream.base(), Muster.patient())) {
            long callsBefore = upstream.requests();
            double cpuBefore = muster.server().cpuSeconds();
            long startedAt = System.nanoTime();
            Process curl = new ProcessBuilder(
                            "curl",
                            "-sSN",
                            "-T",
                            file.toString(),
                            "-H",
                            "Content-Type: application/x-ndjson",
                            muster.batches() + "?concurrency=256")
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            double early = 0;
            String last = "";
            try (var results = new BufferedReader(new InputStreamReader(curl.getInputStream(), UTF_8))) {
                int read = 0;
                for (String line = results.readLine(); line != null; line = results.readLine()) {
                    last = line;
                    if (++read == EARLY) {
                        early = muster.server().residentMegabytes();
                    }
                }
            }
            double seconds = (System.nanoTime() - startedAt) / 1e9;
            double late = muster.server().residentMegabytes();
            curl.waitFor(1, TimeUnit.MINUTES);
            Checks.that(last.contains("\"succeeded\":%d,".formatted(lines)), "the summary is " + last);
            long calls = upstream.requests() - callsBefore;
            Checks.that(calls == lines, "the upstream was asked %d times".formatted(calls));
            double micros = (muster.server().cpuSeconds() - cpuBefore) / calls * 1e6;
            return new Round(late - early, micros, seconds);
        }
    }
}
