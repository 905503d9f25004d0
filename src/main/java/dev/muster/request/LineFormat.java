package dev.muster.request;

/// How the lines of a batch without end are written.
public enum LineFormat {
    /// One call a line, a URL string or an object, as in the `requests` of a document.
    NDJSON,
    /// One URL a line, or a comment that begins with `#` (RFC 2483, section 5).
    URI_LIST
}
