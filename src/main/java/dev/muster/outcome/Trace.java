package dev.muster.outcome;

import java.util.List;

/// What is known of a call besides its outcome.
///
/// @param elapsedNanos from when it had its slot until its outcome; 0 if it never had one
/// @param attempts     how often it was tried, also in vain; the redirects of a try are not counted
/// @param sent         whether any byte of it had left for an upstream
/// @param redirects    the URLs it was redirected to, in order
/// @param phases       where its time went
public record Trace(long elapsedNanos, int attempts, boolean sent, List<String> redirects, PhaseTimes phases) {

    /// Of a call that never had its slots.
    public static final Trace NONE = new Trace(0, 0, false, List.of(), PhaseTimes.NONE);

    /// The same without a try.
    Trace untried() {
        return attempts == 0 ? this : new Trace(elapsedNanos, 0, sent, redirects, phases);
    }
}
