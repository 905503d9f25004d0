package dev.muster.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/// Closed-loop load by wrk: each connection asks as soon as it was answered.
final class Wrk {

    /// Every answer is counted through, so that a peer that fails a call is not faster by it. Counting costs wrk
    /// some microseconds a batch, and none of the process that is measured.
    private static final String CHECK = """
            local threads = {}
            function setup(thread) table.insert(threads, thread) end
            function init(args) wrong = 0 end
            function response(status, headers, body)
              local _, results = body:gsub("A%%-1009%%-77", "")
              if status ~= 200 or results ~= %d then wrong = wrong + 1 end
            end
            function done(summary, latency, requests)
              local wrong = 0
              for _, thread in ipairs(threads) do wrong = wrong + thread:get("wrong") end
              local errors = summary.errors
              print("wrong " .. wrong + errors.connect + errors.read + errors.write + errors.timeout)
              print("answers " .. summary.requests)
            end
            """;

    private static final Pattern COUNTS = Pattern.compile("wrong (\\d+)\\s+answers (\\d+)");

    private final Path directory;

    Wrk(Path directory) {
        this.directory = directory;
    }

    /// @param answers how many were answered
    /// @param wrong   how many of them were not 200 with every result, or not answered
    record Load(long answers, long wrong) {}

    /// GETs `target` over so many connections.
    Load get(URI target, int results, int connections, int seconds) throws IOException, InterruptedException {
        return run(CHECK.formatted(results), target, connections, seconds);
    }

    /// Posts `document` to `target` over so many connections; each answer is to have so many results.
    Load post(URI target, String document, int results, int connections, int seconds)
            throws IOException, InterruptedException {
        String script = """
                wrk.method = "POST"
                wrk.headers["Content-Type"] = "application/json"
                wrk.body = [[%s]]
                """.formatted(document) + CHECK.formatted(results);
        return run(script, target, connections, seconds);
    }

    private Load run(String script, URI target, int connections, int seconds) throws IOException, InterruptedException {
        Path file = Files.writeString(directory.resolve("wrk.lua"), script);
        var process = new ProcessBuilder(List.of(
                        "wrk",
                        "-t1",
                        "-c" + connections,
                        "-d" + seconds + "s",
                        "--timeout=30s",
                        "-s",
                        file.toString(),
                        target.toString()))
                .redirectErrorStream(true)
                .start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var counts = COUNTS.matcher(output);
        if (process.waitFor() != 0 || !counts.find()) {
            throw new IOException("wrk failed: " + output);
        }
        return new Load(Long.parseLong(counts.group(2)), Long.parseLong(counts.group(1)));
    }
}
