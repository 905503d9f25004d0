package dev.muster.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class AccessTokensTest {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LIFETIME = Duration.ofMinutes(5);

    private final AtomicInteger fetches = new AtomicInteger();
    private long now = Duration.ofHours(1).toNanos();

    private AccessTokens counting() {
        return new AccessTokens(
                () -> Mono.just(new AccessTokens.Issued("token-" + fetches.incrementAndGet(), LIFETIME)),
                PATIENCE,
                () -> now);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private static AccessTokens.Token get(AccessTokens tokens) {
        return Objects.requireNonNull(tokens.current().block());
    }

    @Test
    void aTokenIsFetchedOnceForAllCalls() {
        AccessTokens tokens = counting();

        assertThat(get(tokens).value()).isEqualTo("token-1");
        pass(LIFETIME.dividedBy(2));
        assertThat(get(tokens).value()).isEqualTo("token-1");
    }

    @Test
    void callsThatWaitShareOneFetchWhichTheEndOfOneDoesNotCancel() {
        var answer = Sinks.<AccessTokens.Issued>one();
        var cancelled = new AtomicInteger();
        var tokens = new AccessTokens(
                () -> {
                    fetches.incrementAndGet();
                    return answer.asMono().doOnCancel(cancelled::incrementAndGet);
                },
                PATIENCE,
                () -> now);
        List<String> got = new ArrayList<>();

        tokens.current().subscribe().dispose();
        Flux.range(0, 10).flatMap(_ -> tokens.current(), 10).subscribe(token -> got.add(token.value()));
        answer.tryEmitValue(new AccessTokens.Issued("a", LIFETIME)).orThrow();

        assertThat(got).hasSize(10).containsOnly("a");
        assertThat(fetches).hasValue(1);
        assertThat(cancelled).hasValue(0);
    }

    @Test
    void aTokenIsFetchedAgainBeforeItEndsWhileCallsGoOnWithIt() {
        var answers = new ArrayList<Sinks.One<AccessTokens.Issued>>();
        var tokens = new AccessTokens(
                () -> {
                    var answer = Sinks.<AccessTokens.Issued>one();
                    answers.add(answer);
                    return answer.asMono();
                },
                PATIENCE,
                () -> now);
        tokens.current().subscribe();
        answers.getFirst()
                .tryEmitValue(new AccessTokens.Issued("old", LIFETIME))
                .orThrow();

        pass(LIFETIME.minusSeconds(29));

        assertThat(get(tokens).value()).isEqualTo("old");
        assertThat(get(tokens).value()).isEqualTo("old");
        assertThat(answers).hasSize(2);
        answers.getLast().tryEmitValue(new AccessTokens.Issued("new", LIFETIME)).orThrow();
        assertThat(get(tokens).value()).isEqualTo("new");
    }

    @Test
    void aTokenThatHasEndedIsNotSent() {
        AccessTokens tokens = counting();
        get(tokens);

        pass(LIFETIME);

        assertThat(get(tokens).value()).isEqualTo("token-2");
    }

    @Test
    void aTokenThatTheServiceRefusesIsRenewedOnceForAllCallsThatHadIt() {
        AccessTokens tokens = counting();
        AccessTokens.Token first = get(tokens);
        pass(Duration.ofSeconds(10));

        assertThat(Objects.requireNonNull(tokens.renewed(first).block()).value())
                .isEqualTo("token-2");
        assertThat(Objects.requireNonNull(tokens.renewed(first).block()).value())
                .isEqualTo("token-2");
        assertThat(fetches).hasValue(2);
    }

    @Test
    void aFreshTokenThatTheServiceRefusesIsNotRenewed() {
        AccessTokens tokens = counting();
        AccessTokens.Token fresh = get(tokens);
        pass(Duration.ofSeconds(9));

        StepVerifier.create(tokens.renewed(fresh)).verifyComplete();
        assertThat(fetches).hasValue(1);
    }

    @Test
    void aFetchThatFailsIsRepeatedOnceInASecond() {
        var tokens = new AccessTokens(
                () -> {
                    fetches.incrementAndGet();
                    return Mono.error(new IllegalStateException("secret"));
                },
                PATIENCE,
                () -> now);

        for (int i = 0; i < 5; i++) {
            StepVerifier.create(tokens.current())
                    .expectErrorSatisfies(failure -> assertThat(failure)
                            .isInstanceOf(FilterException.class)
                            .hasMessage("a filter of the service got no access token"))
                    .verify();
        }
        assertThat(fetches).hasValue(1);
        pass(Duration.ofSeconds(1));
        StepVerifier.create(tokens.current()).verifyError(FilterException.class);
        assertThat(fetches).hasValue(2);
    }

    @Test
    void anIssuerThatStallsIsGivenUpAndAskedAgain() {
        StepVerifier.withVirtualTime(() -> new AccessTokens(
                                () -> {
                                    fetches.incrementAndGet();
                                    return Mono.never();
                                },
                                PATIENCE,
                                () -> now)
                        .current())
                .thenAwait(PATIENCE)
                .verifyError(FilterException.class);
        assertThat(fetches).hasValue(1);
    }

    @Test
    void noTokenIsInATextOfIt() {
        assertThat(new AccessTokens.Issued("secret", LIFETIME).toString()).doesNotContain("secret");
    }
}
