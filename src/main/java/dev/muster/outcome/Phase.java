package dev.muster.outcome;

import dev.muster.request.WireName;

/// The phase that a call is in, and so the one that a time-out happened in.
public enum Phase implements WireName {
    /// Waiting for a concurrency slot or for a connection from the pool.
    ACQUIRE("acquire"),
    /// Resolving the name, opening the TCP connection, TLS handshake.
    CONNECT("connect"),
    /// The request is being sent, or was; there is no status line yet.
    RESPONSE("response"),
    /// The head of the response is there, its body is not complete.
    BODY("body");

    private final String wireName;

    Phase(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
