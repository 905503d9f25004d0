package dev.muster.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Loads servers in rounds and says what each call cost them.
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

    /// One of those that are compared: a server, and what it is loaded with.
    record Contender(String name, Server server, Closed load) {}

    /// What one round cost.
    ///
    /// @param microsPerCall  CPU of the server, over the calls that the upstream counted
    /// @param callsPerSecond that the upstream counted
    private record Round(double microsPerCall, double callsPerSecond) {}

    /// What each round cost, by the contender's name.
    static final class Costs {

        private final List<Map<String, Round>> turns;

        private Costs(List<Map<String, Round>> turns) {
            this.turns = turns;
        }

        Samples microsPerCall(String name) {
            return new Samples(
                    turns.stream().map(turn -> of(turn, name).microsPerCall()).toList());
        }

        Samples callsPerSecond(String name) {
            return new Samples(
                    turns.stream().map(turn -> of(turn, name).callsPerSecond()).toList());
        }

        /// The CPU per call of one over that of another in the same turn.
        Samples ratio(String name, String reference) {
            return new Samples(turns.stream()
                    .map(turn ->
                            of(turn, name).microsPerCall() / of(turn, reference).microsPerCall())
                    .toList());
        }

        private static Round of(Map<String, Round> turn, String name) {
            return Objects.requireNonNull(turn.get(name), name);
        }
    }

    /// Warms all of them up, then loads one after the other, round by round: what changes on the machine from minute to
    /// minute hits each of them.
    Costs inTurns(List<Contender> contenders) throws IOException, InterruptedException {
        for (Contender contender : contenders) {
            // The compiler's work is on the server's bill until it is warm.
            contender.load().run(bench.settings().warmUpSeconds());
        }
        List<Map<String, Round>> turns = new ArrayList<>();
        for (int turn = 0; turn < bench.settings().rounds(); turn++) {
            Map<String, Round> rounds = new HashMap<>();
            for (Contender contender : contenders) {
                rounds.put(contender.name(), round(contender));
            }
            turns.add(rounds);
        }
        return new Costs(turns);
    }

    private Round round(Contender contender) throws IOException, InterruptedException {
        double cpuBefore = contender.server().cpuSeconds();
        long callsBefore = upstream.requests();
        long startedAt = System.nanoTime();
        Wrk.Load answers = contender.load().run(bench.settings().roundSeconds());
        double elapsed = (System.nanoTime() - startedAt) / 1e9;
        long calls = upstream.requests() - callsBefore;
        if (answers.wrong() > 0) {
            bench.note(
                    "wrong answers of " + contender.name(),
                    "%d of %d in a round".formatted(answers.wrong(), answers.answers()));
        }
        Checks.that(calls > 0, contender.name() + " made no call in a round");
        return new Round((contender.server().cpuSeconds() - cpuBefore) / calls * 1e6, calls / elapsed);
    }
}
