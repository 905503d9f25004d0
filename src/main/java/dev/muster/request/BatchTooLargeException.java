package dev.muster.request;

/// The batch is larger than this gateway accepts; nothing of it was started.
public final class BatchTooLargeException extends RuntimeException {

    /// @param detail names the limit that is exceeded, and its value
    public BatchTooLargeException(String detail) {
        super(detail, null, false, false);
    }
}
