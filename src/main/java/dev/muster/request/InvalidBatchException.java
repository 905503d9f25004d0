package dev.muster.request;

import java.util.List;

/// The batch cannot be understood; nothing of it was started.
public final class InvalidBatchException extends RuntimeException {

    private final List<Fault> faults;

    public InvalidBatchException(List<Fault> faults) {
        super("invalid batch", null, false, false);
        this.faults = List.copyOf(faults);
    }

    /// Every fault of the document, in document order; at least one.
    public List<Fault> faults() {
        return faults;
    }
}
