package dev.muster.call;

import dev.muster.plan.Deadline;

/// The signal by which a passed deadline ends an exchange.
final class DeadlinePassedException extends RuntimeException {

    private final Deadline passed;

    DeadlinePassedException(Deadline passed) {
        super("deadline passed", null, false, false);
        this.passed = passed;
    }

    Deadline passed() {
        return passed;
    }
}
