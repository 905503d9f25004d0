package dev.muster.request;

import java.util.ArrayList;
import java.util.List;

/// Collects what is wrong with a document, so that a caller sees all of it at once.
final class Faults {

    /// Enough for any honest mistake. Behind it reading ends: a hostile document grows neither its answer nor its cost.
    static final int MOST = 100;

    private static final int BYTES_PER_FAULT = 128;

    private final List<Fault> faults = new ArrayList<>();
    private final DocumentMemory memory;

    Faults(DocumentMemory memory) {
        this.memory = memory;
    }

    /// @throws InvalidBatchException if there are more than anybody will read
    void add(String pointer, String detail) {
        if (faults.size() == MOST) {
            faults.add(new Fault("#", "and more"));
            throwIfAny();
        }
        memory.take(BYTES_PER_FAULT + 2L * (pointer.length() + detail.length()));
        faults.add(new Fault(pointer, detail));
    }

    void throwIfAny() {
        if (!faults.isEmpty()) {
            throw asException();
        }
    }

    InvalidBatchException asException() {
        return new InvalidBatchException(faults);
    }
}
