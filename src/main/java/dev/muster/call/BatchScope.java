package dev.muster.call;

import dev.muster.plan.Deadline;
import dev.muster.upstream.ByteBudget;
import org.jspecify.annotations.Nullable;

/// What the calls of one batch share.
public final class BatchScope {

    private final Deadline deadline;
    private final ByteBudget bytes;
    private final @Nullable String principal;
    private final SharedRequests shared;

    /// @param deadline  of the batch
    /// @param bytes     what the responses of the batch may still take
    /// @param principal who made the batch, or `null` where nobody is asked
    public BatchScope(Deadline deadline, ByteBudget bytes, @Nullable String principal) {
        this(deadline, bytes, principal, new SharedRequests());
    }

    private BatchScope(Deadline deadline, ByteBudget bytes, @Nullable String principal, SharedRequests shared) {
        this.deadline = deadline;
        this.bytes = bytes;
        this.principal = principal;
        this.shared = shared;
    }

    /// That of a call whose response is kept in memory of its own.
    public BatchScope with(ByteBudget ownBytes) {
        return new BatchScope(deadline, ownBytes, principal, shared);
    }

    public @Nullable String principal() {
        return principal;
    }

    /// Takes `bytes` of what the batch may keep, or nothing.
    ///
    /// @return `null` if they were taken, else which limit they would exceed
    public @Nullable String tryTake(int bytes) {
        return this.bytes.tryTake(bytes);
    }

    Deadline deadline() {
        return deadline;
    }

    ByteBudget bytes() {
        return bytes;
    }

    SharedRequests shared() {
        return shared;
    }
}
