package dev.muster.outcome;

import dev.muster.template.JsonValue;
import dev.muster.template.Pointer;
import java.util.Map;
import java.util.Set;

/// Reads values from results, as their callers see them.
@FunctionalInterface
public interface ResultValues {

    /// There is nothing to be had from any result.
    ResultValues NONE = (_, _, _) -> Map.of();

    /// The values that are at `pointers` of the result of a call that succeeded; none for a pointer that leads to
    /// nothing. They keep the response's body.
    ///
    /// @param response what its caller sees as the response
    Map<Pointer, JsonValue> of(CallOutcome outcome, UpstreamResponse response, Set<Pointer> pointers);
}
