package dev.muster.request;

/// What a call that does not succeed means for its siblings.
public enum OnFailure implements WireName {
    /// It is a result like any other.
    COLLECT("collect"),
    /// It ends the batch and cancels its siblings.
    FAIL("fail");

    private final String wireName;

    OnFailure(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
