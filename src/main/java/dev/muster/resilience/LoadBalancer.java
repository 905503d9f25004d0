package dev.muster.resilience;

import dev.muster.service.Ejection;
import java.net.URI;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// The base URLs of a service that has several. An attempt goes where the fewest are in flight.
final class LoadBalancer {

    private final List<Endpoint> all;

    LoadBalancer(List<URI> baseUrls, Ejection ejection) {
        this.all = baseUrls.stream().map(url -> new Endpoint(url, ejection)).toList();
    }

    List<Endpoint> all() {
        return all;
    }

    /// Whether the service as a whole is in trouble, not just some of its hosts.
    boolean areAllFailing() {
        return all.stream().allMatch(Endpoint::isFailing);
    }

    /// The endpoint with the fewest attempts in flight of those that are not ejected, and rather not `last`, where
    /// the previous attempt of the same call went. Where all are ejected, none is: some upstream is better than
    /// none.
    Endpoint choose(@Nullable Endpoint last, long nowNanos) {
        Endpoint best = best(last, nowNanos, false);
        if (best == null) {
            best = best(last, nowNanos, true);
        }
        return best == null ? all.getFirst() : best;
    }

    private @Nullable Endpoint best(@Nullable Endpoint last, long nowNanos, boolean evenEjected) {
        Endpoint best = null;
        // Ties are broken by where the search begins, or the first endpoint would get all of a light load.
        int start = ThreadLocalRandom.current().nextInt(all.size());
        for (int i = 0; i < all.size(); i++) {
            Endpoint candidate = all.get((start + i) % all.size());
            if (candidate.isEjected(nowNanos) && !evenEjected) {
                continue;
            }
            if (best == null || better(candidate, best, last)) {
                best = candidate;
            }
        }
        return best;
    }

    private static boolean better(Endpoint candidate, Endpoint best, @Nullable Endpoint last) {
        if (best == last) {
            return true;
        }
        return candidate != last && candidate.inFlight() < best.inFlight();
    }
}
