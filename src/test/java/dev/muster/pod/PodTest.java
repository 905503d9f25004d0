package dev.muster.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A pod lives through every attack, goes on answering the others, and has all of its room again afterwards.
@Timeout(300)
class PodTest {

    private static final String ATTACKERS_KEY = "attacker";
    private static final String KEY = "page";
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration AFTERWARDS = Duration.ofSeconds(60);
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    Path directory;

    static Stream<Arguments> carriesOn() {
        var all = Stream.of(Arguments.of("all at once", EnumSet.allOf(Attack.class), 40));
        return Boolean.getBoolean("tests.pod.each")
                ? Stream.concat(
                        Arrays.stream(Attack.values())
                                .map(attack -> Arguments.of(attack.name(), EnumSet.of(attack), 15)),
                        all)
                : all;
    }

    /// With `-Dtests.pod.each=true` also each attack by itself.
    @ParameterizedTest(name = "{0}")
    @MethodSource
    void carriesOn(String name, Set<Attack> attacks, int seconds, TestReporter reporter) throws Exception {
        try (var upstream = PodUpstream.start();
                var pod = Pod.start(directory, properties(upstream))) {
            var page = new Page(pod);
            for (int i = 0; i < 20; i++) {
                page.load();
            }
            page.forget();
            long sockets = pod.sockets();

            attack(new Attack.Target(pod.port(), ATTACKERS_KEY, upstream.port()), attacks, seconds, page);

            reporter.publishEntry(name, page.toString());
            assertThat(pod.isAlive()).as(pod.log()).isTrue();
            // Not all of them: an attacker with a key has no more than its share, and still a part of the queues.
            assertThat(page.part(answer -> answer != 0))
                    .as("answered of %s", page)
                    .isGreaterThan(0.9);
            assertThat(page.part(answer -> answer == 200))
                    .as("whole of %s", page)
                    .isGreaterThan(0.5);
            assertThat(pod.log().lines()).as("stack traces in the log").noneMatch(line -> line.startsWith("\tat "));
            assertThat(pod.log().length()).as("size of the log").isLessThan(200_000);
            await().atMost(AFTERWARDS).untilAsserted(() -> {
                assertThat(pod.sockets()).as("open sockets").isLessThanOrEqualTo(sockets + 8);
                assertThat(page.load()).isEqualTo(200);
            });
        }
    }

    private static void attack(Attack.Target target, Set<Attack> attacks, int seconds, Page page)
            throws InterruptedException {
        var more = new AtomicBoolean(true);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Attack attack : attacks) {
                for (int client = 0; client < attack.clients(); client++) {
                    var _ = threads.submit(() -> {
                        attack.keepUp(target, more::get);
                        return attack;
                    });
                }
            }
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            while (System.nanoTime() < end) {
                page.load();
                Thread.sleep(50);
            }
            more.set(false);
            threads.shutdownNow();
        }
    }

    private static List<String> properties(PodUpstream upstream) {
        return List.of(
                "muster.auth.mode=api-key",
                "muster.auth.api-keys.attacker=" + hash(ATTACKERS_KEY),
                "muster.auth.api-keys.page=" + hash(KEY),
                "muster.gateway.timeout=5s",
                "muster.services.default.timeout=2s",
                "muster.services.default.connect-timeout=1s",
                "muster.services.up.base-url=http://127.0.0.1:" + upstream.port(),
                "muster.services.page.base-url=http://127.0.0.1:" + upstream.port(),
                "muster.egress.allow=127.0.0.0/8",
                "muster.egress.ports=*");
    }

    private static String hash(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return "sha256:" + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// The client of a page that is made of twelve calls.
    private static final class Page {

        private static final String BATCH = "{\"requests\":[%s]}"
                .formatted(String.join(",", Collections.nCopies(12, "{\"service\":\"page\",\"path\":\"/page\"}")));

        private final Pod pod;
        private final List<Integer> answers = new ArrayList<>();
        private final List<Long> millis = new ArrayList<>();

        private Page(Pod pod) {
            this.pod = pod;
        }

        /// Asks for the page.
        ///
        /// @return the status, 0 if no answer came, and 1 if not all of it is there
        int load() throws InterruptedException {
            long startedAt = System.nanoTime();
            int answer = post();
            answers.add(answer);
            millis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedAt));
            return answer;
        }

        private int post() throws InterruptedException {
            var request = pod.batch(BATCH, PATIENCE).header("X-API-Key", KEY).build();
            try {
                HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
                boolean whole = answer.statusCode() != 200 || answer.body().contains("\"outcome\":\"complete\"");
                return whole ? answer.statusCode() : 1;
            } catch (IOException noAnswer) {
                return 0;
            }
        }

        double part(IntPredicate answered) {
            return answers.stream().mapToInt(answer -> answer).filter(answered).count() / (double) answers.size();
        }

        void forget() {
            answers.clear();
            millis.clear();
        }

        @Override
        public String toString() {
            var sorted = millis.stream().sorted().toList();
            var byAnswer = answers.stream()
                    .collect(Collectors.groupingBy(answer -> answer, TreeMap::new, Collectors.counting()));
            return "page loads %s, p50 %s ms, p99 %s ms, most %s ms"
                    .formatted(byAnswer, at(sorted, 0.5), at(sorted, 0.99), at(sorted, 1));
        }

        private static long at(List<Long> sorted, double part) {
            return sorted.isEmpty() ? -1 : sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * part));
        }
    }
}
