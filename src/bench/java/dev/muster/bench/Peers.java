package dev.muster.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The aggregators that Muster is held against, each in its best honest configuration and in one process.
final class Peers {

    /// The size of the batches that a peer whose batches are configured is configured for.
    static final int BATCH_SIZE = 100;

    private static final Path SCRIPTS = Path.of("src/bench/peers");

    private Peers() {}

    /// A peer that runs.
    ///
    /// @param batch   what a batch is sent to
    /// @param version of the peer, or of what it is made of
    /// @param posted  whether a batch is a document; else it is configured, and asked for by a plain GET
    record Running(Server server, URI batch, String version, boolean posted) implements AutoCloseable {

        @Override
        public void close() {
            server.close();
        }
    }

    /// Starts a peer in front of an upstream.
    @FunctionalInterface
    interface Starter {
        Running start(Path directory, Nginx upstream) throws IOException, InterruptedException, AbsentException;
    }

    /// Every peer by its name. One that is not on this machine says so when it is started.
    static Map<String, Starter> all() {
        Map<String, Starter> peers = new LinkedHashMap<>();
        peers.put("WebFlux, flatMapSequential", (directory, upstream) -> spring(directory, upstream, "WebFlux"));
        peers.put("Spring MVC, virtual threads", (directory, upstream) -> spring(directory, upstream, "VirtualThread"));
        peers.put("Node, http.Agent", Peers::node);
        peers.put("aiohttp, asyncio", (directory, upstream) -> aiohttp(directory, upstream, "asyncio"));
        peers.put("aiohttp, uvloop", (directory, upstream) -> aiohttp(directory, upstream, "uvloop"));
        peers.put("KrakenD", Peers::krakend);
        return peers;
    }

    private static Running spring(Path directory, Nginx upstream, String kind)
            throws IOException, InterruptedException {
        int port = Machine.freePort();
        var command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.peers." + kind + "Aggregator",
                // Muster's own application.yaml is on this class path, too.
                "--spring.config.name=peer",
                "--spring.threads.virtual.enabled=" + kind.equals("VirtualThread"),
                "--server.address=127.0.0.1",
                "--server.port=" + port,
                "--upstream=" + upstream.base());
        String version =
                "Spring Boot " + org.springframework.boot.SpringBootVersion.getVersion() + ", the same JVM as Muster";
        return started("peer-" + kind, directory, command, port, version);
    }

    private static Running node(Path directory, Nginx upstream)
            throws IOException, InterruptedException, AbsentException {
        String version = Machine.firstLine("node", "--version")
                .orElseThrow(() -> new AbsentException("there is no command node"));
        int port = Machine.freePort();
        var command = List.of(
                "node",
                SCRIPTS.resolve("node.mjs").toString(),
                Integer.toString(port),
                upstream.base().getHost(),
                Integer.toString(upstream.base().getPort()));
        return started("peer-node", directory, command, port, "Node " + version);
    }

    private static Running aiohttp(Path directory, Nginx upstream, String loop)
            throws IOException, InterruptedException, AbsentException {
        String imports = loop.equals("uvloop") ? "aiohttp, uvloop" : "aiohttp";
        String version = "import sys, %s; print(sys.version.split()[0], aiohttp.__version__)".formatted(imports);
        // Where python3 is a version of somebody's own, the system's may be the one that has the package.
        for (String python : List.of("python3", "/usr/bin/python3")) {
            Optional<String> versions = Machine.firstLine(python, "-c", version);
            if (versions.isPresent()) {
                int port = Machine.freePort();
                var command = List.of(
                        python,
                        "-OO",
                        SCRIPTS.resolve("aiohttp_gather.py").toString(),
                        Integer.toString(port),
                        upstream.base().toString(),
                        loop);
                return started("peer-" + loop, directory, command, port, "Python and aiohttp " + versions.get());
            }
        }
        throw new AbsentException("no python3 can import " + imports);
    }

    /// KrakenD's batch is configured, not asked for: one endpoint with so many backends.
    private static Running krakend(Path directory, Nginx upstream)
            throws IOException, InterruptedException, AbsentException {
        String version = Machine.firstLine("krakend", "version")
                .orElseThrow(() -> new AbsentException("there is no command krakend; "
                        + (Machine.firstLine("go", "version").isPresent()
                                ? "go install github.com/krakend/krakend-ce/v2/cmd/krakend-ce@latest builds one"
                                : "nor a Go toolchain to build it with")));
        int port = Machine.freePort();
        String backends = IntStream.range(0, BATCH_SIZE)
                .mapToObj("{\"url_pattern\":\"/item\",\"group\":\"r%d\"}"::formatted)
                .collect(Collectors.joining(","));
        Path configuration = directory.resolve("krakend.json");
        Files.writeString(configuration, """
                {"version": 3, "port": %d, "listen_ip": "127.0.0.1", "host": ["%s"], "timeout": "3s",
                 "max_idle_connections_per_host": 500, "max_idle_connections": 500,
                 "endpoints": [{"endpoint": "/batches", "backend": [%s]}]}
                """.formatted(port, upstream.base(), backends));
        var server = Server.start("peer-krakend", directory, List.of("krakend", "run", "-c", configuration.toString()));
        server.awaitReady(URI.create("http://127.0.0.1:" + port + "/__health"));
        return new Running(server, URI.create("http://127.0.0.1:" + port + "/batches"), version, false);
    }

    private static Running started(String name, Path directory, List<String> command, int port, String version)
            throws IOException, InterruptedException {
        var server = Server.start(name, directory, command);
        server.awaitReady(URI.create("http://127.0.0.1:" + port + "/"));
        return new Running(server, URI.create("http://127.0.0.1:" + port + "/batches"), version, true);
    }
}
