package dev.muster.egress;

import java.io.IOException;

/// A connection that was not opened because the egress policy refuses its address. It has no stack trace: it is an
/// answer, not a fault, and its message is the rule.
public final class EgressDeniedException extends IOException {

    private final EgressRefusal refusal;

    public EgressDeniedException(EgressRefusal refusal) {
        super(refusal.rule());
        this.refusal = refusal;
    }

    public EgressRefusal refusal() {
        return refusal;
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
