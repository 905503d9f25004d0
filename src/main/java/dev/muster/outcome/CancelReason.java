package dev.muster.outcome;

import dev.muster.request.WireName;

/// Why a call was cancelled.
public enum CancelReason implements WireName {
    /// A sibling failed and the batch was to end with it.
    SIBLING_FAILED("sibling-failed"),
    /// Another call won.
    WINNER_FOUND("winner-found"),
    /// Enough calls succeeded.
    QUORUM_REACHED("quorum-reached"),
    /// The time to wait for it was up, which was no error.
    DEADLINE("deadline"),
    /// The client went away.
    CLIENT_CANCELLED("client-cancelled"),
    /// Muster is stopping.
    SHUTDOWN("shutdown");

    private final String wireName;

    CancelReason(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
