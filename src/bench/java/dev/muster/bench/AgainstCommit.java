package dev.muster.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Muster as it is now and as another commit has it: both run at once and are loaded in turns, as in the row `cpu`.
final class AgainstCommit implements Row {

    private static final int CONNECTIONS = 16;
    private static final String THIS = "this";

    @Override
    public String name() {
        return "against";
    }

    @Override
    public String what() {
        return "CPU and bytes per call, this checkout beside --against COMMIT, batches of 100, 16 at a time";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        String name = bench.settings().against();
        if (name == null) {
            bench.note("against", "nothing is measured without --against COMMIT");
            return;
        }
        var commit = Commit.build(bench.directory(), name);
        List<String> launch = new ArrayList<>(bench.settings().javaOptions());
        launch.addAll(List.of("-jar", commit.jar().toString()));
        try (var upstream = Nginx.upstream(bench.directory());
                var now = Muster.start(bench, upstream.base(), Muster.patient());
                var then = Muster.launch(bench, launch, upstream.base(), Muster.patient());
                var nowAllocates = Allocation.of(now.server());
                var thenAllocates = Allocation.of(then.server())) {
            var nowLoad = new Allocating(bench, now, nowAllocates);
            var thenLoad = new Allocating(bench, then, thenAllocates);
            Load.Costs costs = new Load(bench, upstream)
                    .inTurns(List.of(
                            new Load.Contender(THIS, now.server(), nowLoad),
                            new Load.Contender(commit.abbreviated(), then.server(), thenLoad)));
            report(bench, commit.abbreviated(), costs, nowLoad.bytesPerCall(), thenLoad.bytesPerCall());
        }
    }

    private static void report(Bench bench, String commit, Load.Costs costs, Samples now, Samples then) {
        bench.add("CPU per call, " + THIS, "µs", costs.microsPerCall(THIS));
        bench.add("CPU per call, " + commit, "µs", costs.microsPerCall(commit));
        bench.add(
                "CPU per call, this / " + commit + ", of the medians",
                "×",
                Samples.of(costs.microsPerCall(THIS).median()
                        / costs.microsPerCall(commit).median()));
        bench.add("CPU per call, this / " + commit + ", turn by turn", "×", costs.ratio(THIS, commit));
        bench.add("bytes allocated per call, " + THIS, "", now);
        bench.add("bytes allocated per call, " + commit, "", then);
        bench.add("bytes allocated per call, this less " + commit, "", Samples.of(now.median() - then.median()));
    }

    /// Loads a Muster, and notes what each of its calls allocates.
    private static final class Allocating implements Load.Closed {

        private final Wrk wrk;
        private final Muster muster;
        private final Allocation allocation;
        private final String batch = Muster.batch(Peers.BATCH_SIZE, "/item");
        private final List<Double> bytesPerCall = new ArrayList<>();

        Allocating(Bench bench, Muster muster, Allocation allocation) {
            this.wrk = new Wrk(bench.directory());
            this.muster = muster;
            this.allocation = allocation;
        }

        @Override
        public Wrk.Load run(int seconds) throws IOException, InterruptedException {
            long before = allocation.bytes();
            Wrk.Load load = wrk.post(muster.batches(), batch, Peers.BATCH_SIZE, CONNECTIONS, seconds);
            bytesPerCall.add((double) (allocation.bytes() - before) / (load.answers() * Peers.BATCH_SIZE));
            return load;
        }

        /// Of the rounds, without the warm-up before them.
        Samples bytesPerCall() {
            return new Samples(bytesPerCall.subList(1, bytesPerCall.size()));
        }
    }
}
