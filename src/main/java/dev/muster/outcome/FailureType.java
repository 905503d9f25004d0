package dev.muster.outcome;

import dev.muster.request.WireName;

/// How a call failed.
public enum FailureType implements WireName {
    /// The status is none that counts as success.
    HTTP_STATUS("http-status"),
    /// The name could not be resolved.
    DNS_FAILED("dns-failed"),
    /// The TCP connection could not be opened.
    CONNECT_FAILED("connect-failed"),
    /// The TLS handshake failed.
    TLS_FAILED("tls-failed"),
    /// The connection ended before the response did.
    CONNECTION_RESET("connection-reset"),
    /// What came was no valid HTTP, or led nowhere.
    PROTOCOL_ERROR("protocol-error"),
    /// The response has more bytes than are allowed.
    RESPONSE_TOO_LARGE("response-too-large");

    private final String wireName;

    FailureType(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
