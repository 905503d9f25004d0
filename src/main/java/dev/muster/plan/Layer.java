package dev.muster.plan;

import dev.muster.request.WireName;

/// The layers of time that govern a call, outermost first. They combine by minimum.
public enum Layer implements WireName {
    /// The whole batch: the gateway's own timeout, the batch's `timeout`, or what the caller's deadline header
    /// leaves.
    GATEWAY("gateway"),
    /// The budget of one call to its service.
    SERVICE("service"),
    /// The call's own `timeout`.
    REQUEST("request");

    private final String wireName;

    Layer(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
