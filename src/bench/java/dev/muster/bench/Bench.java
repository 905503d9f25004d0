package dev.muster.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// One run of the benchmark: where it works and what it has found.
final class Bench {

    private final Settings settings;
    private final Path directory;
    private final List<Figure> figures = new ArrayList<>();
    private final Map<String, String> notes = new LinkedHashMap<>();
    private final Map<String, String> absent = new LinkedHashMap<>();
    private final Map<String, String> plots = new LinkedHashMap<>();
    private String row = "";

    Bench(Settings settings, Path directory) {
        this.settings = settings;
        this.directory = directory;
    }

    Settings settings() {
        return settings;
    }

    /// Where logs, configurations and results are written.
    Path directory() {
        return directory;
    }

    /// The figures that follow are of this row.
    void begin(Row row) {
        this.row = row.name();
        note(row.name() + ", load average at its start", Machine.loadAverage());
    }

    void add(String what, String unit, Samples samples) {
        add(new Figure(row, what, unit, samples, null));
    }

    void add(String what, String unit, Samples samples, double most) {
        add(new Figure(row, what, unit, samples, most));
    }

    private void add(Figure figure) {
        figures.add(figure);
        System.out.printf(
                Locale.ROOT,
                "  %-70s %s%n",
                figure.what(),
                Report.describe(figure.samples(), figure.unit()) + Report.verdict(figure));
    }

    /// Something that a reader of the table has to know.
    void note(String subject, String text) {
        notes.put(subject, text);
        System.out.printf("  %s: %s%n", subject, text);
    }

    void absent(String peer, String why) {
        absent.put(peer, why);
        System.out.printf("  %s is absent: %s%n", peer, why);
    }

    void plot(String name, String svg) {
        plots.put(name, svg);
    }

    List<Figure> figures() {
        return figures;
    }

    Map<String, String> notes() {
        return notes;
    }

    Map<String, String> absent() {
        return absent;
    }

    Map<String, String> plots() {
        return plots;
    }
}
