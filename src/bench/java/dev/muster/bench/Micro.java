package dev.muster.bench;

import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/// The hot pieces, one by one, with JMH.
final class Micro implements Row {

    @Override
    public String name() {
        return "jmh";
    }

    @Override
    public String what() {
        return "JMH: reading, planning, gate, deadline, classification, response splice";
    }

    @Override
    public void measure(Bench bench) throws RunnerException {
        int seconds = bench.settings().choose(1, 2);
        var options = new OptionsBuilder()
                .include("dev\\.muster\\..*Benchmark\\.")
                .forks(1)
                .warmupIterations(bench.settings().choose(3, 5))
                .warmupTime(TimeValue.seconds(seconds))
                .measurementIterations(bench.settings().rounds())
                .measurementTime(TimeValue.seconds(seconds))
                .addProfiler("gc")
                .output(bench.directory().resolve("jmh.log").toString())
                .build();
        for (RunResult result : new Runner(options).run()) {
            String name = result.getParams().getBenchmark().replaceFirst(".*\\.(.*\\..*)$", "$1");
            bench.add(name, "ns", samples(result));
            var allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
            if (allocated != null) {
                bench.add(name + ", allocated", "B", Samples.of(allocated.getScore()));
            }
        }
    }

    private static Samples samples(RunResult result) {
        return new Samples(result.getBenchmarkResults().stream()
                .flatMap(fork -> fork.getIterationResults().stream())
                .map(iteration -> iteration.getPrimaryResult().getScore())
                .toList());
    }
}
