package dev.muster.request;

/// The four ways a batch can be answered, under the names of the HTTP contract.
public enum StrategyName implements WireName {
    GATHER("gather"),
    AS_COMPLETED("as-completed"),
    FIRST_COMPLETED("first-completed"),
    WAIT("wait");

    private final String wireName;

    StrategyName(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
