package dev.muster.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Muster as it is shipped: `java -jar target/muster.jar`, everything switched on.
final class Muster implements AutoCloseable {

    /// Every deadline is set and none passes, also on a machine that is busy with others: a call that timed out
    /// costs something else than one that was answered.
    private static final List<String> PATIENT = List.of(
            "muster.gateway.timeout=20s", "muster.services.up.timeout=10s", "muster.services.up.connect-timeout=5s");

    private final Server server;
    private final int port;
    private final double secondsToReady;

    private Muster(Server server, int port, double secondsToReady) {
        this.server = server;
        this.port = port;
        this.secondsToReady = secondsToReady;
    }

    /// Starts it in front of `upstream`, its service `up`.
    ///
    /// @param properties what differs from the defaults, as `name=value`
    static Muster start(Bench bench, URI upstream, String... properties) throws IOException, InterruptedException {
        return start(bench, List.of(), upstream, properties);
    }

    /// Starts it with more options for its JVM than the command line asks for.
    static Muster start(Bench bench, List<String> javaOptions, URI upstream, String... properties)
            throws IOException, InterruptedException {
        List<String> launch = new ArrayList<>(bench.settings().javaOptions());
        launch.addAll(javaOptions);
        launch.addAll(List.of("-jar", "target/muster.jar"));
        return launch(bench, launch, upstream, properties);
    }

    /// Starts it by `java` with the arguments `launch`.
    static Muster launch(Bench bench, List<String> launch, URI upstream, String... properties)
            throws IOException, InterruptedException {
        int port = Machine.freePort();
        int management = Machine.freePort();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(launch);
        command.add("--server.port=" + port);
        command.add("--management.server.port=" + management);
        command.add("--muster.services.up.base-url=" + upstream);
        for (String property : properties) {
            command.add("--" + property);
        }
        var server = Server.start("muster", bench.directory(), command);
        double seconds = server.awaitReady(URI.create("http://127.0.0.1:" + management + "/actuator/health/readiness"));
        return new Muster(server, port, seconds);
    }

    /// The properties for what is not about deadlines, and `more`.
    static String[] patient(String... more) {
        return Stream.concat(PATIENT.stream(), Stream.of(more)).toArray(String[]::new);
    }

    /// The document of a batch of `size` calls of the service `up`, all of `path`.
    static String batch(int size, String path) {
        return batch(IntStream.range(0, size).mapToObj(_ -> path).toList(), "");
    }

    /// The document of a batch with a call of the service `up` for each of `paths`.
    ///
    /// @param fields the batch's other fields, each with a comma behind it
    static String batch(List<String> paths, String fields) {
        return batch("up", paths, fields);
    }

    /// The document of a batch with a call of `service` for each of `paths`.
    ///
    /// @param fields the batch's other fields, each with a comma behind it
    static String batch(String service, List<String> paths, String fields) {
        return paths.stream()
                .map(path -> "{\"service\":\"%s\",\"path\":\"%s\"}".formatted(service, path))
                .collect(Collectors.joining(",", "{" + fields + "\"requests\":[", "]}"));
    }

    URI batches() {
        return URI.create("http://127.0.0.1:" + port + "/batches");
    }

    Server server() {
        return server;
    }

    double secondsToReady() {
        return secondsToReady;
    }

    @Override
    public void close() {
        server.close();
    }
}
