package dev.muster.request;

import dev.muster.template.Pointer;
import dev.muster.template.Reference;
import dev.muster.template.UnusableValueException;
import dev.muster.template.Values;
import java.util.Map;
import java.util.Set;

/// What a call needs before it can be made.
///
/// @param calls    the ids of the calls that have to succeed, each with what is taken from its result
/// @param template what it is made from then
public record Needs(Map<String, Set<Pointer>> calls, CallTemplate template) {

    /// Most calls that one call may need, and most values that it is made with.
    public static final int MOST = 100;

    /// Whether it waits for nothing but the parameters of its view.
    public boolean isWithoutCalls() {
        return calls.isEmpty();
    }

    /// `open`, whose needs these are, when all of them are met.
    ///
    /// @param mostBodyBytes most bytes of its body
    /// @throws UnusableValueException if a value cannot stand where it has to
    public CallRequest met(CallRequest open, Values values, int mostBodyBytes) {
        return template.finish(open, values, mostBodyBytes);
    }

    /// The same for a call of a view whose parameters have `values`.
    Needs with(Values values) {
        return new Needs(calls, template.with(values));
    }

    /// What is told of a value that cannot stand where it has to.
    public static String describe(UnusableValueException unusable) {
        Reference reference = unusable.reference();
        return reference.text() + ' ' + unusable.reason();
    }
}
