package dev.muster.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Responses by URI and audience, and by what their `Vary` selects them with; bounded by bytes.
final class ResponseStore {

    /// Most responses for one URI and audience. `Vary` on a header that is never twice the same must not make a
    /// list that takes long to search.
    private static final int MAX_VARIANTS = 16;

    /// What a key and a response take on the heap besides their text, and a header line besides its own; measured,
    /// and rounded up.
    private static final int BYTES_PER_RESPONSE = 900;

    private static final int BYTES_PER_HEADER = 200;

    private final Cache<Key, List<StoredResponse>> responses;

    private final Duration maxAge;
    private final InstantSource clock;

    private record Key(TargetUri uri, Audience audience) {}

    /// @param maxBytes what all responses together may take, roughly: bodies, headers and keys
    /// @param maxAge   for how long a response is kept after it was received
    ResponseStore(long maxBytes, Duration maxAge, InstantSource clock) {
        this.responses = Caffeine.newBuilder()
                .maximumWeight(maxBytes)
                .weigher(ResponseStore::weigh)
                .expireAfterWrite(maxAge)
                .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
                // On the thread that stores: what is evicted is gone when it returns.
                .executor(Runnable::run)
                .build();
        this.maxAge = maxAge;
        this.clock = clock;
    }

    /// The response that `request` selects, among those that are `usable`: the most recent one by its date (RFC
    /// 9111, section 4), whether it is for everyone or for this asker.
    @Nullable
    StoredResponse find(CacheRequest request, Predicate<StoredResponse> usable) {
        TargetUri uri = TargetUri.of(request.uri());
        Predicate<StoredResponse> eligible =
                variant -> isKept(variant) && variant.isSelectedBy(request) && usable.test(variant);
        StoredResponse own = find(new Key(uri, Audience.of(request)), eligible);
        StoredResponse shared = find(new Key(uri, Audience.EVERYONE), eligible);
        if (own == null || shared == null) {
            return own == null ? shared : own;
        }
        return shared.date().isAfter(own.date()) ? shared : own;
    }

    /// Stores the answer to `request`, in place of those that it would have selected until now. Where one of those
    /// was asked for later, it stays instead: a slow answer does not overwrite a newer one.
    void put(Audience audience, CacheRequest request, StoredResponse stored) {
        responses.asMap().compute(new Key(TargetUri.of(request.uri()), audience), (_, present) -> {
            List<StoredResponse> variants = new ArrayList<>();
            variants.add(stored);
            for (StoredResponse variant : present == null ? List.<StoredResponse>of() : present) {
                if (!variant.isSelectedBy(request)) {
                    variants.add(variant);
                } else if (variant.requestTime().isAfter(stored.requestTime())) {
                    return present;
                }
            }
            return List.copyOf(variants.subList(0, Math.min(variants.size(), MAX_VARIANTS)));
        });
    }

    /// Removes what `request` selects, unless it was asked for after `requestTime`.
    void remove(CacheRequest request, Instant requestTime) {
        TargetUri uri = TargetUri.of(request.uri());
        for (Audience audience : List.of(Audience.of(request), Audience.EVERYONE)) {
            responses.asMap().computeIfPresent(new Key(uri, audience), (_, present) -> {
                List<StoredResponse> left = present.stream()
                        .filter(variant -> !variant.isSelectedBy(request)
                                || variant.requestTime().isAfter(requestTime))
                        .toList();
                return left.isEmpty() ? null : left;
            });
        }
    }

    /// What the responses take now, roughly.
    long bytes() {
        return responses.policy().eviction().orElseThrow().weightedSize().orElseThrow();
    }

    private @Nullable StoredResponse find(Key key, Predicate<StoredResponse> eligible) {
        List<StoredResponse> variants = responses.getIfPresent(key);
        if (variants == null) {
            return null;
        }
        StoredResponse found = null;
        for (StoredResponse variant : variants) {
            if (eligible.test(variant) && (found == null || variant.date().isAfter(found.date()))) {
                found = variant;
            }
        }
        return found;
    }

    /// Caffeine removes a list when nothing was added to it for that long; what is in it can be older.
    private boolean isKept(StoredResponse variant) {
        return Duration.between(variant.responseTime(), clock.instant()).compareTo(maxAge) < 0;
    }

    private static int weigh(Key key, List<StoredResponse> variants) {
        long bytes = 0L + key.uri().origin().length() + key.uri().path().length();
        for (StoredResponse variant : variants) {
            bytes += BYTES_PER_RESPONSE + variant.response().body().length;
            for (Map.Entry<String, List<String>> field :
                    variant.response().headers().entrySet()) {
                for (String value : field.getValue()) {
                    bytes += BYTES_PER_HEADER + field.getKey().length() + value.length();
                }
            }
            for (Map.Entry<String, String> field : variant.selecting().entrySet()) {
                bytes += BYTES_PER_HEADER
                        + field.getKey().length()
                        + field.getValue().length();
            }
        }
        return (int) Math.min(Integer.MAX_VALUE, bytes);
    }
}
