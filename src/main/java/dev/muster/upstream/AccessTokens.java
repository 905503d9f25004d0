package dev.muster.upstream;

import dev.muster.plan.NanoClock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The access token that calls share: fetched when it is first wanted, and again before it ends, by one fetch at a time
/// that no call's end cancels.
public final class AccessTokens {

    /// That it is fetched again before it ends, at most: so that none ends on its way.
    private static final long EARLIER_NANOS = TimeUnit.SECONDS.toNanos(30);

    /// In which it is not fetched again because the service did not take it, nor because fetching it has failed.
    private static final long REFUSED_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long FAILED_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Supplier<Mono<Issued>> issuer;
    private final Duration patience;
    private final NanoClock clock;
    private @Nullable Token token;
    private @Nullable Mono<Token> fetch;
    private @Nullable Throwable failure;
    private long failedNanos;

    /// What an issuer answered.
    ///
    /// @param lifetime from when it was asked for
    public record Issued(String value, Duration lifetime) {

        /// Without the value.
        @Override
        public String toString() {
            return "a token for " + lifetime;
        }
    }

    /// One of them, by identity.
    static final class Token {

        private final String value;
        private final long gotNanos;
        private final long renewNanos;
        private final long endNanos;

        private Token(Issued issued, long askedNanos) {
            long lifetime = issued.lifetime().toNanos();
            this.value = issued.value();
            this.gotNanos = askedNanos;
            this.endNanos = askedNanos + lifetime;
            this.renewNanos = endNanos - Math.min(EARLIER_NANOS, lifetime / 5);
        }

        String value() {
            return value;
        }
    }

    /// @param issuer   is asked for a token; what it fails with is told to nobody
    /// @param patience how long an answer is waited for
    public AccessTokens(Supplier<Mono<Issued>> issuer, Duration patience, NanoClock clock) {
        this.issuer = issuer;
        this.patience = patience;
        this.clock = clock;
    }

    /// The token to send now. It is an error if there is none to be had.
    Mono<Token> current() {
        return Mono.defer(this::currentNow);
    }

    private synchronized Mono<Token> currentNow() {
        long now = clock.nanos();
        Token held = token;
        if (held == null || now - held.endNanos >= 0) {
            return fetch(now);
        }
        if (now - held.renewNanos >= 0) {
            fetch(now).subscribe(_ -> {}, _ -> {});
        }
        return Mono.just(held);
    }

    /// Another token in place of `refused`, which the service did not take; empty if there is no use in one.
    Mono<Token> renewed(Token refused) {
        return Mono.defer(() -> renewedNow(refused));
    }

    private synchronized Mono<Token> renewedNow(Token refused) {
        long now = clock.nanos();
        if (token == refused) {
            if (now - refused.gotNanos < REFUSED_AGAIN_NANOS) {
                return Mono.empty();
            }
            token = null;
        }
        return token == null ? fetch(now) : Mono.just(token);
    }

    private Mono<Token> fetch(long now) {
        if (fetch != null) {
            return fetch;
        }
        if (failure != null && now - failedNanos < FAILED_AGAIN_NANOS) {
            return Mono.error(failure);
        }
        Mono<Token> begun = Mono.defer(issuer)
                .timeout(patience)
                .map(issued -> new Token(issued, now))
                .onErrorMap(cause -> new FilterException("got no access token", cause))
                .switchIfEmpty(Mono.error(() -> new FilterException("got no access token")))
                .doOnNext(this::fetched)
                .doOnError(this::failed)
                .cache();
        fetch = begun;
        return begun;
    }

    private synchronized void fetched(Token issued) {
        token = issued;
        fetch = null;
        failure = null;
    }

    private synchronized void failed(Throwable thrown) {
        fetch = null;
        failure = thrown;
        failedNanos = clock.nanos();
    }
}
