package dev.muster.request;

/// What the document that answers a batch has of its calls.
public enum AnswerShape implements WireName {
    /// A result for each, in the order of the strategy.
    RESULTS("results"),
    /// The bodies of those that succeeded and the errors of the others, by the calls' ids.
    BODIES("bodies");

    private final String wireName;

    AnswerShape(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
