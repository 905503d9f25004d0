package dev.muster.system;

import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;

/// The image as a cluster runs it: a read-only file system, no capabilities, limits.
final class Muster extends GenericContainer<Muster> {

    static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final int port = freePort();
    private final int managementPort = freePort();

    /// @param services names of upstreams; each is a service of the same name
    Muster(Network network, List<String> services, Consumer<HostConfig> limits) {
        super(Engine.IMAGE);
        withNetwork(network);
        withEnv("SERVER_ADDRESS", "0.0.0.0");
        withEnv("MUSTER_AUTH_MODE", "none");
        withEnv("MUSTER_SERVICES_DEFAULT_MAXCONNECTIONS", "200");
        services.forEach(name -> withEnv(
                "MUSTER_SERVICES_%s_BASEURL".formatted(name.toUpperCase(Locale.ROOT)),
                "http://%s:8080".formatted(name)));
        withExposedPorts(8080, 8081);
        // Ports that a restart does not change.
        withCreateContainerCmdModifier(command -> {
            HostConfig host = Objects.requireNonNull(command.getHostConfig());
            host.withPortBindings(
                    PortBinding.parse("127.0.0.1:%d:8080".formatted(port)),
                    PortBinding.parse("127.0.0.1:%d:8081".formatted(managementPort)));
            host.withReadonlyRootfs(true).withCapDrop(Capability.ALL).withSecurityOpts(List.of("no-new-privileges"));
            limits.accept(host);
        });
        waitingFor(Wait.forHttp("/actuator/health/readiness").forPort(8081).withStartupTimeout(Duration.ofMinutes(4)));
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static HttpRequest request(int port, String path, String batch) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port, path)))
                .timeout(Duration.ofSeconds(20))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(batch))
                .build();
    }

    HttpRequest batch(String json) {
        return request(port, "/batches", json);
    }

    HttpResponse<String> post(String json) {
        try {
            return HTTP.send(batch(json), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    boolean isReady() {
        var request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:%d/actuator/health/readiness".formatted(managementPort)))
                .timeout(Duration.ofSeconds(2))
                .build();
        try {
            return HTTP.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notListening) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// Waits for that, and asks no oftener than a kubelet could.
    void awaitReady(Duration patience) {
        await().atMost(patience)
                .pollInterval(Duration.ofMillis(100))
                .failFast("it has ended", () -> !isRunning())
                .until(this::isReady);
    }

    /// Whether the container ends, by itself or killed, within `time`; that is waited for.
    boolean endsWithin(Duration time) throws IOException, InterruptedException {
        try (var end = Engine.client().waitContainerCmd(getContainerId()).start()) {
            return end.awaitCompletion(time.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /// As a kubelet stops a container: SIGTERM, and SIGKILL when the grace period is over.
    void terminate(Duration grace) {
        Engine.client()
                .stopContainerCmd(getContainerId())
                .withTimeout(Math.toIntExact(grace.toSeconds()))
                .exec();
    }

    boolean wasKilledForMemory() {
        return Boolean.TRUE.equals(Engine.client()
                .inspectContainerCmd(getContainerId())
                .exec()
                .getState()
                .getOOMKilled());
    }

    /// How the container ended: 143 after SIGTERM, 137 if it had to be killed.
    long exitCode() {
        return Objects.requireNonNull(Engine.client()
                .inspectContainerCmd(getContainerId())
                .exec()
                .getState()
                .getExitCodeLong());
    }
}
