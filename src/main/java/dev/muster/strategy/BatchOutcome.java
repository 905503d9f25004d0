package dev.muster.strategy;

import dev.muster.request.WireName;

/// What became of a batch.
public enum BatchOutcome implements WireName {
    /// Every call succeeded, or the winner or the quorum was found.
    COMPLETE("complete"),
    /// The strategy's aim is met, but some call did not succeed.
    PARTIAL("partial"),
    /// The aim was missed.
    FAILED("failed"),
    /// It has not ended yet.
    RUNNING("running");

    private final String wireName;

    BatchOutcome(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
