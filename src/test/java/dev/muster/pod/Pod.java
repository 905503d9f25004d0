package dev.muster.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.MusterApplication;
import dev.muster.acceptance.Management;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A Muster in a JVM of its own, which gives itself what the image does under 256 MiB.
///
/// @param process    the JVM
/// @param port       where callers come in
/// @param management where probes come in
/// @param output     what it has printed
record Pod(Process process, int port, Management management, Path output) implements AutoCloseable {

    private static final List<String> FLAGS = List.of(
            "-Xmx64m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            "--enable-native-access=ALL-UNNAMED",
            "-Dio.netty.leakDetection.level=simple");

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /// Starts one in `directory`, with `properties` as on the command line, without the dashes.
    static Pod start(Path directory, List<String> properties) throws IOException {
        return start(directory, List.of(), properties);
    }

    /// The same, with more flags of the JVM.
    static Pod start(Path directory, List<String> flags, List<String> properties) throws IOException {
        Path output = directory.resolve("pod.log");
        return launch(output, Redirect.to(output.toFile()), flags, properties).whenServing();
    }

    /// The same, while it is starting.
    static Pod launch(Path directory, List<String> properties) throws IOException {
        Path output = directory.resolve("pod.log");
        return launch(output, Redirect.to(output.toFile()), List.of(), properties);
    }

    /// The same, into a pipe that nobody reads.
    static Pod startUnread(Path directory, List<String> properties) throws IOException {
        return launch(directory.resolve("nothing.log"), Redirect.PIPE, List.of(), properties)
                .whenServing();
    }

    private static Pod launch(Path output, Redirect redirect, List<String> flags, List<String> properties)
            throws IOException {
        int port = freePort();
        int management = freePort();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(flags);
        command.add(MusterApplication.class.getName());
        command.add("--server.port=" + port);
        command.add("--management.server.port=" + management);
        properties.forEach(property -> command.add("--" + property));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(redirect)
                .start();
        return new Pod(process, port, new Management(management), output);
    }

    private Pod whenServing() {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .failFast("the pod has ended", () -> !process.isAlive())
                .until(this::isServing);
        return this;
    }

    /// A request with that batch, for whoever waits so long for its answer.
    HttpRequest.Builder batch(String batch, Duration patience) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/batches".formatted(port)))
                .timeout(patience)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(batch));
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    boolean isServing() {
        try {
            return management.get("health/serving", "*/*").statusCode() == 200;
        } catch (UncheckedIOException notThere) {
            return false;
        }
    }

    /// Everything it has printed.
    String log() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// How many files and sockets it has open.
    long descriptors() throws IOException {
        try (var descriptors = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            return descriptors.count();
        }
    }

    /// Lets it have no more than so many.
    void limitDescriptors(long most) throws IOException, InterruptedException {
        var limited = new ProcessBuilder(
                        "prlimit", "--pid", Long.toString(process.pid()), "--nofile=%d:".formatted(most))
                .inheritIO()
                .start();
        assertThat(limited.waitFor()).as("exit code of prlimit").isZero();
    }

    /// The bytes of memory that it holds.
    long residentBytes() throws IOException {
        try (var status = Files.lines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            return status.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1_024)
                    .findFirst()
                    .orElseThrow();
        }
    }

    /// The sockets that it has open.
    long sockets() throws IOException {
        try (var descriptors = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            return descriptors.filter(Pod::isSocket).count();
        }
    }

    private static boolean isSocket(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(40, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
