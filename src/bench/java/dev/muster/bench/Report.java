package dev.muster.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Writes what was found: a Markdown page, a JSON document, a file for each plot.
final class Report {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Bench bench;
    private final Map<String, String> machine;
    private final String takenAt = Instant.now().toString();

    Report(Bench bench, Map<String, String> machine) {
        this.bench = bench;
        this.machine = machine;
    }

    void write() throws IOException {
        Path directory = bench.directory();
        Files.writeString(directory.resolve("results.md"), markdown());
        Files.writeString(directory.resolve("results.json"), json());
        for (var plot : bench.plots().entrySet()) {
            Files.writeString(directory.resolve(plot.getKey() + ".svg"), plot.getValue());
        }
    }

    private String markdown() {
        var page = new StringBuilder("# Benchmark of Muster\n\nTaken at ")
                .append(takenAt)
                .append(bench.settings().quick() ? ", with `--quick`: not to be quoted.\n\n" : ".\n\n");
        page.append("| row | what | median (min to max) | target | reached |\n|---|---|---|---|---|\n");
        for (Figure figure : bench.figures()) {
            page.append("| %s | %s | %s | %s | %s |\n"
                    .formatted(
                            figure.row(),
                            figure.what(),
                            describe(figure.samples(), figure.unit()),
                            figure.most() == null ? "" : "≤ " + number(figure.most()) + unit(figure.unit()),
                            figure.met() == null ? "" : figure.met() ? "yes" : "**no**"));
        }
        section(page, "Machine", machine);
        section(page, "Absent", bench.absent());
        section(page, "Notes", bench.notes());
        bench.plots().keySet().forEach(name -> page.append("\n![%s](%s.svg)\n".formatted(name, name)));
        return page.toString();
    }

    private static void section(StringBuilder page, String title, Map<String, String> facts) {
        if (!facts.isEmpty()) {
            page.append("\n## ").append(title).append("\n\n");
            facts.forEach((name, text) ->
                    page.append("- ").append(name).append(": ").append(text).append('\n'));
        }
    }

    private String json() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("takenAt", takenAt);
        document.put("quick", bench.settings().quick());
        document.put("javaOptions", bench.settings().javaOptions());
        document.put("machine", machine);
        document.put("absent", bench.absent());
        document.put("notes", bench.notes());
        document.put("figures", bench.figures().stream().map(Report::members).toList());
        return JSON.writeValueAsString(document);
    }

    private static Map<String, Object> members(Figure figure) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("row", figure.row());
        members.put("what", figure.what());
        members.put("unit", figure.unit());
        members.put("median", figure.samples().median());
        members.put("min", figure.samples().min());
        members.put("max", figure.samples().max());
        members.put("rounds", figure.samples().rounds());
        if (figure.most() != null) {
            members.put("target", figure.most());
            members.put("reached", Boolean.TRUE.equals(figure.met()));
        }
        return members;
    }

    /// `12.3 µs (11.0 to 14.2)`
    static String describe(Samples samples, String unit) {
        String median = number(samples.median()) + unit(unit);
        return samples.rounds().size() == 1
                ? median + ", once"
                : "%s (%s to %s)".formatted(median, number(samples.min()), number(samples.max()));
    }

    static String verdict(Figure figure) {
        return figure.most() == null
                ? ""
                : "   at most %s: %s"
                        .formatted(number(figure.most()), figure.samples().median() <= figure.most());
    }

    private static String unit(String unit) {
        return List.of("", "×").contains(unit) ? unit.isEmpty() ? "" : " ×" : " " + unit;
    }

    /// Three digits say all that such a measurement knows.
    static String number(double value) {
        double size = Math.abs(value);
        int decimals = size >= 100 || value == Math.rint(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
