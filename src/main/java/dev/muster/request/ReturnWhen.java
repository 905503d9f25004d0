package dev.muster.request;

/// When a `wait` batch returns; its deadline always ends it too.
public enum ReturnWhen implements WireName {
    /// Every call has an outcome.
    ALL_COMPLETED("all-completed"),
    /// A call failed, timed out or was rejected.
    FIRST_EXCEPTION("first-exception"),
    /// A call has an outcome, success or not.
    FIRST_COMPLETED("first-completed");

    private final String wireName;

    ReturnWhen(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
