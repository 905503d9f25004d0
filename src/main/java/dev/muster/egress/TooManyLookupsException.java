package dev.muster.egress;

import java.io.IOException;

/// So many names are being looked up that no more can be.
public final class TooManyLookupsException extends IOException {

    private static final long serialVersionUID = 1;

    TooManyLookupsException() {
        super("too many names are being looked up");
    }

    /// It says what it has to by its type.
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
