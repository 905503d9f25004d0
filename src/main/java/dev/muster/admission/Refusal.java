package dev.muster.admission;

import dev.muster.request.WireName;

/// Why a batch is refused that is in itself well: what there is too little of.
public enum Refusal implements WireName {
    /// Slots for calls in flight, and places to wait for one.
    SLOTS("slots"),
    /// Time, by how long its calls would wait to be started, or it has waited to be read.
    QUEUE_TIME("queue-time"),
    /// Memory for batches.
    MEMORY("memory"),
    /// Connections to the services that it calls.
    CONNECTIONS("connections"),
    /// What its caller may have of slots, time or memory at once.
    SHARE("share"),
    /// Room for batches that outlive their request, or for those who follow them.
    DETACHED("detached"),
    /// What its caller may have in a second.
    RATE("rate"),
    /// Muster is stopping.
    STOPPING("stopping");

    private final String wireName;

    Refusal(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
