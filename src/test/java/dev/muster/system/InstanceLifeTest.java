package dev.muster.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.testcontainers.containers.Network;

/// Instances that start, work at their limits, and stop.
@Tag("system")
class InstanceLifeTest {

    private static final long MIB = 1024 * 1024;
    private static final Duration GRACE = Duration.ofSeconds(40);
    private static final int RESTARTS = Integer.getInteger("tests.restarts", 4);
    private static final Map<String, String> PATIENT =
            Map.of("MUSTER_GATEWAY_TIMEOUT", "5s", "MUSTER_SERVICES_UP_TIMEOUT", "5s");

    private static Network network;
    private static Upstream upstream;

    @BeforeAll
    static void start() {
        Engine.assumeReady();
        network = Network.newNetwork();
        upstream = new Upstream(network, "up");
        upstream.start();
    }

    @AfterAll
    static void stop() {
        if (upstream != null) {
            upstream.stop();
        }
        if (network != null) {
            network.close();
        }
    }

    private static String batch(int calls, String path) {
        String call = "{\"service\": \"up\", \"path\": \"%s\"}".formatted(path);
        return "{\"requests\": [" + String.join(",", Collections.nCopies(calls, call)) + "]}";
    }

    private static Muster muster() {
        return new Muster(
                network, List.of("up"), host -> host.withMemory(256 * MIB).withMemorySwap(256 * MIB));
    }

    /// Clients that send one batch after the other, each with a pause before the next, until they are told to stop.
    private static final class Load {

        private final AtomicBoolean running = new AtomicBoolean(true);
        private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        private final List<? extends Future<?>> clients;

        Load(int clients, IntConsumer oneBatch) {
            this.clients = IntStream.range(0, clients)
                    .mapToObj(client -> threads.submit(() -> {
                        while (running.get()) {
                            oneBatch.accept(client);
                        }
                    }))
                    .toList();
        }

        /// Lets each client finish the batch that it waits for.
        void stop() throws InterruptedException, ExecutionException {
            running.set(false);
            for (Future<?> client : clients) {
                client.get();
            }
            threads.close();
        }
    }

    static Stream<Arguments> carriesFullLoadIn256MiBWithoutBeingKilled() {
        return Stream.of(
                arguments(named("as many calls as it can make", batch(100, "/")), 16, Map.of()),
                arguments(named("many calls that wait", batch(1_000, "/drip")), 24, PATIENT),
                arguments(named("large responses", batch(12, "/large")), 8, PATIENT));
    }

    @ParameterizedTest
    @MethodSource
    void carriesFullLoadIn256MiBWithoutBeingKilled(String batch, int clients, Map<String, String> environment)
            throws Exception {
        var answered = new AtomicInteger();
        try (Muster muster = muster().withEnv(environment)) {
            muster.start();
            var load = new Load(clients, _ -> {
                if (muster.post(batch).statusCode() == 200) {
                    answered.incrementAndGet();
                }
            });
            boolean ended = muster.endsWithin(Duration.ofSeconds(15));
            assertThat(ended).as(muster::getLogs).isFalse();
            load.stop();

            assertThat(muster.wasKilledForMemory()).isFalse();
            assertThat(muster.isReady()).isTrue();
            assertThat(answered).hasPositiveValue();
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(muster.post(batch(12, "/")).body())
                            .as("what the load had taken is there again")
                            .contains("\"outcome\":\"complete\""));
        }
    }

    @Test
    void startsAndAnswersWithAQuarterOfAProcessor() {
        try (Muster muster = new Muster(
                network,
                List.of("up"),
                host -> host.withMemory(256 * MIB)
                        .withMemorySwap(256 * MIB)
                        .withCpuPeriod(100_000L)
                        .withCpuQuota(25_000L))) {
            muster.start();

            assertThat(muster.post("{\"requests\": [{\"service\": \"up\", \"path\": \"/\"}]}")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void answersEveryAcceptedBatchWhenItIsStoppedUnderLoad() throws Exception {
        var faults = new ConcurrentLinkedQueue<String>();
        var slow = "{\"timeout\": \"10s\", \"requests\": [{\"service\": \"up\", \"path\": \"/drip\"}]}";
        try (Muster muster =
                muster().withEnv("MUSTER_GATEWAY_TIMEOUT", "10s").withEnv("MUSTER_SERVICES_UP_TIMEOUT", "10s")) {
            muster.start();
            // Accepted before the signal, and far from done when it comes.
            var accepted = IntStream.range(0, 32)
                    .mapToObj(_ -> Muster.HTTP.sendAsync(muster.batch(slow), BodyHandlers.ofString()))
                    .toList();
            awaitInFlight(muster, 32);

            muster.terminate(GRACE);

            accepted.forEach(answer -> {
                var response = answer.join();
                if (response.statusCode() != 200 || !response.body().contains("\"outcome\":\"complete\"")) {
                    faults.add(response.body());
                }
            });
            assertThat(faults).isEmpty();
            assertThat(muster.exitCode()).as("ended by itself").isEqualTo(143);
        }
    }

    /// The upstream's connections tell that the batches have arrived, before the first of them is answered.
    private static void awaitInFlight(Muster muster, int calls) {
        await().atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(
                        () -> assertThat(connections()).as(muster::getLogs).isGreaterThanOrEqualTo(calls));
    }

    private static long connections() throws IOException, InterruptedException {
        // State 01 is ESTABLISHED, 1F90 is port 8080.
        return upstream.execInContainer("cat", "/proc/net/tcp")
                .getStdout()
                .lines()
                .filter(line -> line.matches(".*:1F90 [0-9A-F]+:[0-9A-F]+ 01 .*"))
                .count();
    }

    @Test
    void losesNoBatchWhileInstancesAreRestartedInTurn() throws Exception {
        var failed = new ConcurrentLinkedQueue<String>();
        var answered = new AtomicInteger();
        try (Muster one = muster();
                Muster two = muster()) {
            one.start();
            two.start();
            var instances = List.of(one, two);
            var load = new Load(4, client -> answered.addAndGet(oneBatch(instances, client, failed)));
            for (int restart = 0; restart < RESTARTS; restart++) {
                Muster next = instances.get(restart % 2);
                next.terminate(GRACE);
                assertThat(next.exitCode()).isEqualTo(143);
                Engine.client().startContainerCmd(next.getContainerId()).exec();
                next.awaitReady(Duration.ofMinutes(2));
            }
            load.stop();
            assertThat(failed).isEmpty();
            assertThat(answered).hasValueGreaterThan(RESTARTS);
        }
    }

    /// As a load balancer does: to the other instance, where this one does not take the batch on.
    private static int oneBatch(List<Muster> instances, int client, ConcurrentLinkedQueue<String> failed) {
        var batch =
                "{\"requests\": [{\"service\": \"up\", \"path\": \"/\", \"timeout\": \"5s\"}], \"timeout\": \"5s\"}";
        List<String> answers = new ArrayList<>();
        for (int attempt = 0; attempt < 2; attempt++) {
            var instance = instances.get((client + attempt) % 2);
            try {
                var answer = Muster.HTTP.send(instance.batch(batch), BodyHandlers.ofString());
                if (answer.statusCode() == 200) {
                    return 1;
                }
                answers.add(answer.statusCode() + " " + answer.body());
            } catch (IOException notTaken) {
                answers.add(notTaken.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        failed.add(String.join(", then ", answers));
        return 0;
    }
}
