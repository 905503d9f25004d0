package dev.muster.plan;

import dev.muster.template.Pointer;
import dev.muster.template.Values;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// What a call waits for, and what it becomes then.
///
/// @param on     the indexes of the calls that have to succeed, each with what is taken from its result
/// @param finish makes the call that is made, of their values; throws a
///               [dev.muster.template.UnusableValueException] if one cannot stand where it has to
public record Dependent(Map<Integer, Set<Pointer>> on, Function<Values, CallPlan> finish) {}
