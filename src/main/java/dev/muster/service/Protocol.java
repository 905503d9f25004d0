package dev.muster.service;

/// The HTTP version spoken with a service.
public enum Protocol {
    /// HTTP/1.1, in clear text or over TLS as the URL says.
    HTTP1,
    /// HTTP/2 over TLS, agreed by ALPN; a server that does not offer it is a failed call.
    H2,
    /// HTTP/2 in clear text, with prior knowledge.
    H2C
}
