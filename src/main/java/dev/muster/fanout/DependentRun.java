package dev.muster.fanout;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.Trace;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Dependent;
import dev.muster.request.Needs;
import dev.muster.request.RequestBody;
import dev.muster.template.JsonValue;
import dev.muster.template.Pointer;
import dev.muster.template.Reference;
import dev.muster.template.UnusableValueException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A call that waits for others. It comes to the gates when all of them have succeeded, and is made of their values
/// then; until that it has nothing that another could lack.
final class DependentRun extends CallRun {

    private final Dependent dependent;
    private final Map<String, Map<Pointer, JsonValue>> values = new HashMap<>();
    /// The calls that have not succeeded, and one for that nobody has asked for its outcome.
    private int awaited;

    private volatile long readyNanos;

    DependentRun(CallPlan call, Dependent dependent, BatchRun batch) {
        super(call, batch);
        this.dependent = dependent;
        this.awaited = dependent.on().size() + 1;
    }

    @Override
    void askedFor() {
        goOn();
    }

    /// A call that it needs has succeeded.
    ///
    /// @param taken what was taken from its result
    void succeeded(CallOutcome needed, Map<Pointer, JsonValue> taken) {
        synchronized (values) {
            if (!hasEnded()) {
                values.put(needed.id(), taken);
            }
        }
        goOn();
    }

    /// A call that it needs has not succeeded.
    void didNotSucceed(CallOutcome needed) {
        reject(needed.id() + " did not succeed");
    }

    private void goOn() {
        synchronized (values) {
            if (--awaited > 0) {
                return;
            }
        }
        if (finish()) {
            readyNanos = batch().clock().nanos();
            super.askedFor();
        }
    }

    private boolean finish() {
        CallPlan finished;
        try {
            finished = dependent.finish().apply(this::value);
        } catch (UnusableValueException unusable) {
            reject(Needs.describe(unusable));
            return false;
        }
        letGo();
        RequestBody body = finished.message().body();
        String lacking = body == null ? null : scope().tryTake(body.bytes().length);
        if (lacking != null) {
            reject("the body: " + lacking);
            return false;
        }
        become(finished);
        return true;
    }

    private @Nullable JsonValue value(Reference reference) {
        synchronized (values) {
            return reference instanceof Reference.OfCall(String id, Pointer pointer) && values.containsKey(id)
                    ? values.get(id).get(pointer)
                    : null;
        }
    }

    private void reject(String detail) {
        end(new CallOutcome.Rejected(call(), Trace.NONE, RejectionType.DEPENDENCY_FAILED, detail));
    }

    /// It keeps nothing of the responses any more that it was made of, or was to be.
    private void letGo() {
        synchronized (values) {
            values.clear();
        }
    }

    @Override
    void isThrough() {
        letGo();
    }

    /// What it waited for before that were not the gates.
    @Override
    long waitsSinceNanos() {
        return readyNanos;
    }
}
