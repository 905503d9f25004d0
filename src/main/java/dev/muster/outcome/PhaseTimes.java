package dev.muster.outcome;

/// How long a call was in each phase, in nanoseconds; 0 for a phase that it never entered. Of several attempts it is
/// the one that decided.
///
/// @param acquire waiting for its slots and for a connection from the pool
/// @param connect name resolution, TCP, TLS; 0 on a connection that was open
/// @param response from the first byte sent to the head of the response
/// @param body from there to the last byte of the body
public record PhaseTimes(long acquire, long connect, long response, long body) {

    /// Of a call that never had its slots.
    public static final PhaseTimes NONE = new PhaseTimes(0, 0, 0, 0);
}
