package dev.muster.auth;

import dev.muster.request.Fault;
import java.util.List;

/// A caller asked for what it may not do.
public final class ForbiddenException extends RuntimeException {

    private final transient List<Fault> faults;

    ForbiddenException(List<Fault> faults) {
        super("the caller may not do this", null, false, false);
        this.faults = List.copyOf(faults);
    }

    /// What it may not, all of it.
    public List<Fault> faults() {
        return faults;
    }
}
