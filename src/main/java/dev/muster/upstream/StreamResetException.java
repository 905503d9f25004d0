package dev.muster.upstream;

import java.io.IOException;

/// An HTTP/2 stream that the upstream reset, and only that: its connection goes on. It has no stack trace: it is an
/// answer, not a fault.
final class StreamResetException extends IOException {

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
