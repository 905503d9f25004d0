package dev.muster.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// What the figures were taken on.
final class Machine {

    private Machine() {}

    /// Hardware, system and the tools that every row needs.
    static Map<String, String> describe() throws IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(
                "processor",
                first(Path.of("/proc/cpuinfo"), "model name") + ", "
                        + Runtime.getRuntime().availableProcessors() + " cores");
        facts.put("memory", first(Path.of("/proc/meminfo"), "MemTotal"));
        facts.put("system", "Linux " + System.getProperty("os.version") + ", " + System.getProperty("os.arch"));
        facts.put("JVM", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        facts.put("nginx", firstLine("nginx", "-v").orElse("missing"));
        facts.put("wrk", firstLine("wrk", "-v").orElse("missing"));
        facts.put("Muster", firstLine("git", "describe", "--always", "--dirty").orElse("not from a clone"));
        return facts;
    }

    static String loadAverage() {
        try {
            return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
        } catch (IOException unreadable) {
            return "unknown";
        }
    }

    /// The first line that a command prints; nothing if there is no such command, or it fails.
    static Optional<String> firstLine(String... command) {
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return Optional.empty();
            }
            // wrk knows no way to say its version and succeed.
            boolean said = process.exitValue() == 0 || Arrays.asList(command).contains("wrk");
            return said ? output.lines().findFirst() : Optional.empty();
        } catch (IOException missing) {
            return Optional.empty();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /// A port of loopback that nobody listens on now.
    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            return socket.getLocalPort();
        }
    }

    private static String first(Path file, String key) throws IOException {
        try (var lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(key))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("unknown");
        }
    }
}
