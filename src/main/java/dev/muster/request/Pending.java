package dev.muster.request;

/// What happens to the calls of a `wait` batch that still run when it returns.
public enum Pending implements WireName {
    /// They are cancelled.
    CANCEL("cancel"),
    /// They run on, and the batch is kept.
    DETACH("detach");

    private final String wireName;

    Pending(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
