package dev.muster.call;

/// An upstream broke the rules of HTTP, or its answer leads nowhere.
final class ProtocolException extends RuntimeException {

    ProtocolException(String detail) {
        super(detail, null, false, false);
    }
}
