package dev.muster.web;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;

/// Chooses the media type of an answer by what the client accepts (RFC 9110, section 12.5.1).
final class Negotiation {

    private Negotiation() {}

    /// The one of `offered` that `accepted` likes best, the earlier of two it likes alike; `null` if it accepts
    /// none.
    ///
    /// @param accepted the ranges of the `Accept` header; none accepts everything
    static @Nullable MediaType choose(List<MediaType> accepted, List<MediaType> offered) {
        if (accepted.isEmpty()) {
            return offered.getFirst();
        }
        MediaType best = null;
        double bestQuality = 0;
        for (MediaType candidate : offered) {
            double quality = quality(accepted, candidate);
            if (quality > bestQuality) {
                best = candidate;
                bestQuality = quality;
            }
        }
        return best;
    }

    /// The quality that the most specific matching range gives.
    private static double quality(List<MediaType> accepted, MediaType candidate) {
        MediaType closest = null;
        for (MediaType range : accepted) {
            if (range.includes(candidate) && (closest == null || specificity(range) > specificity(closest))) {
                closest = range;
            }
        }
        return closest == null ? 0 : closest.getQualityValue();
    }

    private static int specificity(MediaType range) {
        if (range.isWildcardType()) {
            return 0;
        }
        return range.isWildcardSubtype() ? 1 : 2;
    }
}
