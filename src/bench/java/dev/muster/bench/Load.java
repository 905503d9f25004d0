package dev.muster.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

    /// What one round cost.
    record Round(double microsPerCall, double callsPerSecond) {}

    /// Warms `server` up by `load`, then measures round by round.
    Cost cost(Server server, Closed load) throws IOException, InterruptedException {
        warmUp(load);
        List<Round> rounds = new ArrayList<>();
        for (int round = 0; round < bench.settings().rounds(); round++) {
            round(server, load).ifPresent(rounds::add);
        }
        return new Cost(
                new Samples(rounds.stream().map(Round::microsPerCall).toList()),
                new Samples(rounds.stream().map(Round::callsPerSecond).toList()));
    }

    /// The compiler's work is on the server's bill until it is warm.
    void warmUp(Closed load) throws IOException, InterruptedException {
        load.run(bench.settings().warmUpSeconds());
    }

    /// Loads `server` once; empty if it made no call.
    Optional<Round> round(Server server, Closed load) throws IOException, InterruptedException {
        double cpuBefore = server.cpuSeconds();
        long callsBefore = upstream.requests();
        long startedAt = System.nanoTime();
        Wrk.Load answers = load.run(bench.settings().roundSeconds());
        double elapsed = (System.nanoTime() - startedAt) / 1e9;
        long calls = upstream.requests() - callsBefore;
        if (answers.wrong() > 0) {
            bench.note(
                    "wrong answers of " + server.name(),
                    "%d of %d in a round".formatted(answers.wrong(), answers.answers()));
        }
        if (calls == 0) {
            bench.note("no call of " + server.name(), "in a round");
            return Optional.empty();
        }
        return Optional.of(new Round((server.cpuSeconds() - cpuBefore) / calls * 1e6, calls / elapsed));
    }
}
