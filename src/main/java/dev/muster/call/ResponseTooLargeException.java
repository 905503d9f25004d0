package dev.muster.call;

/// A response has more bytes than are allowed.
final class ResponseTooLargeException extends RuntimeException {

    ResponseTooLargeException(String detail) {
        super(detail, null, false, false);
    }
}
