package dev.muster.request;

import java.util.ArrayList;
import java.util.List;

/// Collects what is wrong with a document, so that a caller sees all of it at once.
final class Faults {

    /// Enough for any honest mistake; a hostile document cannot grow its answer beyond it.
    private static final int MOST = 1_000;

    private final List<Fault> faults = new ArrayList<>();

    void add(String pointer, String detail) {
        if (faults.size() < MOST) {
            faults.add(new Fault(pointer, detail));
        }
    }

    void throwIfAny() {
        if (!faults.isEmpty()) {
            throw new InvalidBatchException(faults);
        }
    }
}
