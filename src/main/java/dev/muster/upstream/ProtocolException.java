package dev.muster.upstream;

/// An upstream broke the rules of HTTP, or its answer leads nowhere.
public final class ProtocolException extends RuntimeException {

    public ProtocolException(String detail) {
        super(detail, null, false, false);
    }
}
