package dev.muster.call;

import dev.muster.request.WireName;

/// Why a call was never sent.
public enum RejectionType implements WireName {
    /// The egress policy does not let it go where it wanted.
    EGRESS_DENIED("egress-denied"),
    /// Too many calls wait for a connection to its host.
    OVERLOADED("overloaded");

    private final String wireName;

    RejectionType(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
