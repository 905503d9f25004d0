package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.MusterApplication;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.springframework.boot.SpringApplicationAotProcessor;

/// Muster as the image starts it, with the beans that were decided when it was built: a process of its own, as Spring
/// takes them once in a process or never.
record AheadOfTime(Process process, int port, int managementPort, Path log) implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final String CLASS_PATH = System.getProperty("java.class.path");

    /// Processes the application, and compiles what comes of it into `directory`.
    static void process(Path directory) throws Exception {
        Path sources = directory.resolve("sources");
        run(
                directory.resolve("processing.log"),
                "-cp",
                CLASS_PATH,
                SpringApplicationAotProcessor.class.getName(),
                MusterApplication.class.getName(),
                sources.toString(),
                directory.resolve("resources").toString(),
                directory.resolve("classes").toString(),
                "dev.muster",
                "muster");
        try (Stream<Path> files = Files.walk(sources)) {
            List<String> arguments = new ArrayList<>(List.of(
                    "-nowarn",
                    "-proc:none",
                    "-d",
                    directory.resolve("classes").toString(),
                    "-cp",
                    directory.resolve("classes") + ":" + CLASS_PATH));
            files.map(Path::toString).filter(file -> file.endsWith(".java")).forEach(arguments::add);
            assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)))
                    .isZero();
        }
    }

    private static void run(Path log, String... arguments) throws Exception {
        Process process = launch(log, List.of(arguments));
        assertThat(process.waitFor(PATIENCE)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    }

    private static Process launch(Path log, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                JAVA, "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    /// @param directory where [#process] has put what it made
    static AheadOfTime start(Path directory, List<String> properties) throws Exception {
        Path log = Files.createTempFile(directory, "muster", ".log");
        int port = freePort();
        int managementPort = freePort();
        List<String> arguments = new ArrayList<>(List.of(
                "-Dspring.aot.enabled=true",
                "-cp",
                directory.resolve("classes") + ":" + directory.resolve("resources") + ":" + CLASS_PATH,
                MusterApplication.class.getName(),
                "--logging.level.dev.muster=info",
                "--server.port=" + port,
                "--management.server.port=" + managementPort));
        properties.forEach(property -> arguments.add("--" + property));
        var muster = new AheadOfTime(launch(log, arguments), port, managementPort, log);
        await().atMost(PATIENCE).until(() -> !muster.process().isAlive() || listens(managementPort));
        assertThat(muster.process().isAlive()).as(Files.readString(log)).isTrue();
        return muster;
    }

    private static boolean listens(int port) {
        try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    String output() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(PATIENCE)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
