package dev.muster.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.CallPlans;
import dev.muster.fanout.TimerClock;
import dev.muster.plan.CallPlan;
import dev.muster.service.ServiceCatalogue;
import dev.muster.service.ServiceEntries;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

/// Whose turn it is to ask a host, and when.
class HostGateTest {

    private static final Duration INTERVAL = Duration.ofMillis(100);

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final HostLimits limits = new HostLimits(new TimerClock(timer), timer);
    private final List<String> through = new ArrayList<>();

    @AfterEach
    void close() {
        timer.dispose();
    }

    @Test
    void aServiceWithoutLimitsHasNoGate() {
        assertThat(limits.pass(call("http://a/"), "me")).isNull();
    }

    @Test
    void soManyAreThroughAtATimeAndCallersTakeTurns() {
        List<HostPass> greedy = IntStream.range(0, 5)
                .mapToObj(i -> enter("http://a/", "max-in-flight-per-host=2", "greedy", "g" + i))
                .toList();
        HostPass modest = enter("http://a/", "max-in-flight-per-host=2", "modest", "m");

        assertThat(through).containsExactly("g0", "g1");
        assertThat(modest.isWaiting()).isTrue();
        greedy.get(0).end();
        greedy.get(0).end();
        assertThat(through).containsExactly("g0", "g1", "g2");
        greedy.get(1).end();
        assertThat(through).containsExactly("g0", "g1", "g2", "m");
    }

    @Test
    void hostsAndPortsAreApartAndTheirSpellingIsNot() {
        List.of("http://a/", "http://A/", "http://a:81/", "http://b/")
                .forEach(url -> enter(url, "max-in-flight-per-host=1", "me", url));

        assertThat(through).containsExactly("http://a/", "http://a:81/", "http://b/");
    }

    @Test
    void theBaseUrlsOfAServiceAreOneHost() {
        var services = new ServiceCatalogue(Map.of(
                "s",
                ServiceEntries.entry("base-urls[0]=http://a", "base-urls[1]=http://b", "max-in-flight-per-host=1")));
        CallPlan call = CallPlans.to("http://a/x")
                .service(services.named("s"))
                .path("/x")
                .build();
        for (int i = 0; i < 2; i++) {
            int nth = i;
            Objects.requireNonNull(limits.pass(call, "me")).enter(() -> through.add("call " + nth));
        }

        assertThat(through).containsExactly("call 0");
    }

    @Test
    void callsAreSpacedFromTheBeginningOfOneToThatOfTheNext() {
        HostPass first = enter("http://a/", "rate-per-host=10", "me", "first");
        HostPass second = enter("http://a/", "rate-per-host=10", "me", "second");
        enter("http://a/", "rate-per-host=10", "me", "third");
        timer.advanceTimeBy(INTERVAL.multipliedBy(5));
        assertThat(through).as("the first has not begun").containsExactly("first");

        first.begun();
        timer.advanceTimeBy(INTERVAL.minusMillis(1));
        assertThat(through).containsExactly("first");
        timer.advanceTimeBy(Duration.ofMillis(1));
        assertThat(through).containsExactly("first", "second");
        second.end();
        assertThat(through)
                .as("what has not begun leaves its turn to the next")
                .containsExactly("first", "second", "third");
    }

    @Test
    void aSlowRateIsOneInSoManySeconds() {
        enter("http://a/", "rate-per-host=0.2", "me", "first").begun();
        enter("http://a/", "rate-per-host=0.2", "me", "second");
        timer.advanceTimeBy(Duration.ofMillis(4_999));
        assertThat(through).containsExactly("first");
        timer.advanceTimeBy(Duration.ofMillis(1));
        assertThat(through).containsExactly("first", "second");
    }

    @Test
    void whoGivesUpWhileItWaitsIsNotLetThrough() {
        HostPass first = enter("http://a/", "max-in-flight-per-host=1", "me", "first");
        HostPass second = enter("http://a/", "max-in-flight-per-host=1", "me", "second");
        HostPass third = enter("http://a/", "max-in-flight-per-host=1", "me", "third");
        second.end();
        first.end();
        third.end();

        assertThat(through).containsExactly("first", "third");
        assertThat(limits.hosts()).isZero();
    }

    @Test
    void aHostIsForgottenWhenItsNextCallMayBegin() {
        for (int i = 0; i < 1_000; i++) {
            HostPass pass = enter("http://host" + i + "/", "rate-per-host=10", "me", "call");
            pass.begun();
            pass.end();
        }
        assertThat(limits.hosts()).isEqualTo(1_000);
        enter("http://host0/", "rate-per-host=10", "me", "again");
        assertThat(limits.waiting()).isEqualTo(1);

        timer.advanceTimeBy(INTERVAL);
        assertThat(through).endsWith("again");
        assertThat(limits.hosts()).isEqualTo(1);
    }

    private HostPass enter(String url, String limit, String caller, String name) {
        HostPass pass = Objects.requireNonNull(limits.pass(call(url, limit), caller));
        pass.enter(() -> through.add(name));
        return pass;
    }

    private static CallPlan call(String url, String... limits) {
        var services = new ServiceCatalogue(Map.of(ServiceCatalogue.DEFAULT, ServiceEntries.entry(limits)));
        return CallPlans.to(url)
                .service(services.named(ServiceCatalogue.DEFAULT))
                .build();
    }
}
