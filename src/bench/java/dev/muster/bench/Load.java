package dev.muster.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Loads a server in rounds and says what each call cost it.
final class Load {

    private final Bench bench;
    private final Nginx upstream;

    Load(Bench bench, Nginx upstream) {
        this.bench = bench;
        this.upstream = upstream;
    }

    /// Loads for so many seconds.
    @FunctionalInterface
    interface Closed {
        Wrk.Load run(int seconds) throws IOException, InterruptedException;
    }

    /// @param microsPerCall CPU of the server, over the calls that the upstream counted
    /// @param callsPerSecond that the upstream counted
    record Cost(Samples microsPerCall, Samples callsPerSecond) {}

    /// Warms `server` up by `load`, then measures round by round.
    Cost cost(Server server, Closed load) throws IOException, InterruptedException {
        int seconds = bench.settings().roundSeconds();
        // The compiler's work is on the server's bill until it is warm.
        load.run(bench.settings().warmUpSeconds());
        List<Double> micros = new ArrayList<>();
        List<Double> rates = new ArrayList<>();
        for (int round = 0; round < bench.settings().rounds(); round++) {
            double cpuBefore = server.cpuSeconds();
            long callsBefore = upstream.requests();
            long startedAt = System.nanoTime();
            Wrk.Load answers = load.run(seconds);
            double elapsed = (System.nanoTime() - startedAt) / 1e9;
            long calls = upstream.requests() - callsBefore;
            if (calls == 0) {
                bench.note("no call of " + server.name(), "in round " + (round + 1));
                continue;
            }
            micros.add((server.cpuSeconds() - cpuBefore) / calls * 1e6);
            rates.add(calls / elapsed);
            if (answers.wrong() > 0) {
                bench.note(
                        "wrong answers of " + server.name(),
                        "%d of %d in round %d".formatted(answers.wrong(), answers.answers(), round + 1));
            }
        }
        return new Cost(new Samples(micros), new Samples(rates));
    }
}
