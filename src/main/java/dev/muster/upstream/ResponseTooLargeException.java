package dev.muster.upstream;

/// A response has more bytes than are allowed.
final class ResponseTooLargeException extends RuntimeException {

    ResponseTooLargeException(String detail) {
        super(detail, null, false, false);
    }
}
