package dev.muster.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.service.Ejection;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoadBalancerTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final LoadBalancer endpoints = new LoadBalancer(
            List.of(URI.create("http://a"), URI.create("http://b"), URI.create("http://c")),
            new Ejection(3, Duration.ofSeconds(1)));

    @Test
    void theOneWithTheFewestAttemptsInFlightIsChosen() {
        for (int i = 0; i < 30; i++) {
            endpoints.choose(null, 0).began();
        }

        assertThat(endpoints.all()).extracting(Endpoint::inFlight).containsOnly(10);
    }

    @Test
    void idleOnesShareALightLoad() {
        Set<Endpoint> chosen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            chosen.add(endpoints.choose(null, 0));
        }

        assertThat(chosen).hasSize(3);
    }

    @Test
    void anotherAttemptOfACallGoesElsewhereEvenWhereMoreIsInFlight() {
        Endpoint last = endpoints.all().getFirst();
        endpoints.all().get(1).began();
        endpoints.all().get(2).began();

        assertThat(IntStream.range(0, 50).mapToObj(_ -> endpoints.choose(last, 0)))
                .doesNotContain(last);
    }

    @Test
    void oneThatKeepsFailingIsPassedOverForAWhile() {
        Endpoint failing = endpoints.all().getFirst();
        fail(failing, 3, 0);

        assertThat(failing.isEjected(0)).isTrue();
        assertThat(choices(0)).doesNotContain(failing);
        assertThat(failing.isEjected(SECOND - 1)).isTrue();
        assertThat(failing.isEjected(SECOND)).isFalse();
        assertThat(choices(SECOND)).contains(failing);
    }

    @Test
    void oneThatFailsAgainIsPassedOverForLongerUntilItIsWell() {
        Endpoint failing = endpoints.all().getFirst();
        fail(failing, 3, 0);
        fail(failing, 3, SECOND);
        assertThat(failing.isEjected(3 * SECOND - 1)).isTrue();
        assertThat(failing.isEjected(3 * SECOND)).isFalse();

        end(failing, Health.WELL, 3 * SECOND);
        fail(failing, 3, 4 * SECOND);
        assertThat(failing.isEjected(5 * SECOND)).isFalse();
    }

    @Test
    void whatSaysNothingOfTheUpstreamNeitherEjectsNorPardons() {
        Endpoint endpoint = endpoints.all().getFirst();
        fail(endpoint, 2, 0);
        for (int i = 0; i < 10; i++) {
            end(endpoint, Health.UNKNOWN, 0);
        }
        assertThat(endpoint.isEjected(0)).isFalse();
        fail(endpoint, 1, 0);
        assertThat(endpoint.isEjected(0)).isTrue();
    }

    @Test
    void allAreTriedWhenAllAreEjected() {
        endpoints.all().forEach(endpoint -> fail(endpoint, 3, 0));

        assertThat(choices(0)).containsExactlyInAnyOrderElementsOf(endpoints.all());
    }

    @Test
    void theOnlyOtherOneIsNotChosenWhileItIsEjected() {
        var two = new LoadBalancer(
                List.of(URI.create("http://a"), URI.create("http://b")), new Ejection(1, Duration.ofSeconds(1)));
        Endpoint well = two.all().getFirst();
        fail(two.all().getLast(), 1, 0);

        assertThat(two.choose(well, 0)).isSameAs(well);
    }

    private Set<Endpoint> choices(long nowNanos) {
        List<Endpoint> chosen = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            chosen.add(endpoints.choose(null, nowNanos));
        }
        return Set.copyOf(chosen);
    }

    private static void fail(Endpoint endpoint, int times, long nowNanos) {
        for (int i = 0; i < times; i++) {
            end(endpoint, Health.TROUBLED, nowNanos);
        }
    }

    private static void end(Endpoint endpoint, Health health, long nowNanos) {
        endpoint.began();
        endpoint.ended(health, nowNanos);
    }
}
