package dev.muster.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Takes the table: `src/bench/run` builds it and starts it.
public final class Benchmark {

    private static final List<Row> ROWS = List.of(
            new CpuPerCall(),
            new AgainstCommit(),
            new Variants(),
            new BatchSizes(),
            new Lines(),
            new WallTime(),
            new FirstEvent(),
            new Losers(),
            new BlackHole(),
            new Latency(),
            new Start(),
            new Cold(),
            new Memory(),
            new Overload(),
            new StopSignal(),
            new MixedFaults(),
            new Micro());

    private Benchmark() {}

    static void main(String[] arguments) throws IOException {
        var settings = Settings.parse(arguments);
        for (String name : settings.only()) {
            if (ROWS.stream().noneMatch(row -> row.name().equals(name))) {
                throw new IllegalArgumentException("there is no row " + name + "; --list names them");
            }
        }
        if (settings.list()) {
            ROWS.forEach(row -> System.out.printf("%-12s %s%n", row.name(), row.what()));
            return;
        }
        var directory = Files.createDirectories(Path.of("target/bench").toAbsolutePath());
        var bench = new Bench(settings, directory);
        var report = new Report(bench, Machine.describe());
        for (Row row : ROWS) {
            if (settings.only().isEmpty() || settings.only().contains(row.name())) {
                measure(bench, row);
                // After every row, so that one that takes an hour does not hold the others back.
                report.write();
            }
        }
        System.out.println("written to " + directory);
        System.exit(0);
    }

    /// A row that fails is a finding, and no reason to leave out the others.
    @SuppressWarnings("CatchAndPrintStackTrace") // it is for whoever started the benchmark by hand
    private static void measure(Bench bench, Row row) {
        System.out.printf("== %s: %s%n", row.name(), row.what());
        bench.begin(row);
        try {
            row.measure(bench);
        } catch (Exception failure) {
            failure.printStackTrace();
            bench.note(row.name() + " failed", String.valueOf(failure.getMessage()));
        }
    }
}
