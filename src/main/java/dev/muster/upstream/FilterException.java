package dev.muster.upstream;

/// A filter of a service failed, or did what it may not. That says nothing of its upstream.
public final class FilterException extends RuntimeException {

    /// @param did what it did, to follow "a filter of the service"
    FilterException(String did) {
        super("a filter of the service " + did, null, false, false);
    }

    FilterException(Throwable cause) {
        this("failed", cause);
    }

    FilterException(String did, Throwable cause) {
        super("a filter of the service " + did, cause, false, false);
    }
}
