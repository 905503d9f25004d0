package dev.muster.bench;

import java.util.List;

/// What the rounds of one figure said, in their order.
record Samples(List<Double> rounds) {

    Samples {
        if (rounds.isEmpty()) {
            throw new IllegalArgumentException("no round was measured");
        }
        rounds = List.copyOf(rounds);
    }

    static Samples of(double... rounds) {
        return new Samples(java.util.Arrays.stream(rounds).boxed().toList());
    }

    double median() {
        return quantile(0.5);
    }

    double min() {
        return quantile(0);
    }

    double max() {
        return quantile(1);
    }

    /// The smallest sample that at least the share `q` of all is not above.
    double quantile(double q) {
        var sorted = rounds.stream().sorted().toList();
        return sorted.get(Math.clamp((long) Math.ceil(q * sorted.size()) - 1, 0, sorted.size() - 1));
    }
}
