package dev.muster.bench;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/// A process that is measured: a server on loopback, with its children.
final class Server implements AutoCloseable {

    /// The kernel's `CLK_TCK`, which is 100 on every Linux that reports times in `/proc`.
    private static final double TICKS_PER_SECOND = 100;

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final String name;
    private final Process process;
    private final Path log;
    private final long startedAt;

    private Server(String name, Process process, Path log, long startedAt) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.startedAt = startedAt;
    }

    /// Starts `command`; what it prints goes to a file in `directory`. Nothing outlives this JVM.
    static Server start(String name, Path directory, List<String> command) throws IOException {
        Path log = directory.resolve(name.replaceAll("[^A-Za-z0-9]+", "-") + ".log");
        long now = System.nanoTime();
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        return new Server(name, process, log, now);
    }

    /// Waits until `health` answers with a status below 500.
    ///
    /// @return seconds since the process was started
    double awaitReady(URI health) throws IOException, InterruptedException {
        while (System.nanoTime() - startedAt < PATIENCE.toNanos()) {
            if (!process.isAlive()) {
                break;
            }
            if (answers(health)) {
                return (System.nanoTime() - startedAt) / 1e9;
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        throw new IOException(name + " did not start:\n" + Files.readString(log));
    }

    private static boolean answers(URI health) {
        try {
            var connection = (HttpURLConnection) health.toURL().openConnection();
            connection.setConnectTimeout(1000);
            connection.setReadTimeout(1000);
            return connection.getResponseCode() < 500;
        } catch (IOException notYet) {
            return false;
        }
    }

    String name() {
        return name;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// Everything it has printed.
    String log() throws IOException {
        return Files.readString(log);
    }

    /// Seconds of user and system time that the process and its children have spent.
    double cpuSeconds() {
        return processes().mapToLong(Server::ticks).sum() / TICKS_PER_SECOND;
    }

    private Stream<ProcessHandle> processes() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants());
    }

    private static long ticks(ProcessHandle handle) {
        try {
            var stat = Files.readString(Path.of("/proc", Long.toString(handle.pid()), "stat"));
            // The name, in brackets, may contain spaces.
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        } catch (IOException gone) {
            return 0;
        }
    }

    double residentMegabytes() {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(pid()), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .findFirst()
                    .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0)
                    .orElse(0.0);
        } catch (IOException gone) {
            return 0;
        }
    }

    /// Threads of the process, without the compiler's, which come and go.
    int threads() throws IOException {
        try (var tasks = Files.list(Path.of("/proc", Long.toString(pid()), "task"))) {
            return (int) tasks.filter(task -> !isCompiler(task)).count();
        }
    }

    private static boolean isCompiler(Path task) {
        try {
            return Files.readString(task.resolve("comm")).contains("CompilerThre");
        } catch (IOException gone) {
            return true;
        }
    }

    /// Open sockets of the process, listening ones included.
    int sockets() throws IOException {
        try (var descriptors = Files.list(Path.of("/proc", Long.toString(pid()), "fd"))) {
            return (int) descriptors.filter(Server::isSocket).count();
        }
    }

    private static boolean isSocket(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }

    /// Asks it to stop, with SIGTERM.
    void terminate() {
        process.destroy();
    }

    /// Waits for its end; whether it came within `patience`.
    boolean awaitEnd(Duration patience) throws InterruptedException {
        return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        terminate();
        try {
            process.onExit().get(30, TimeUnit.SECONDS);
        } catch (TimeoutException stuck) {
            process.destroyForcibly().onExit().join();
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
