package dev.muster.outcome;

import dev.muster.request.Fault;
import java.util.List;

/// A line of a batch without end that is no valid call: it is told among the results, as those before it have left.
///
/// @param index  its place among the calls, from 0
/// @param line   its place among the lines, from 1
/// @param faults what is wrong with it, all of it
public record InvalidCall(int index, long line, List<Fault> faults) implements Result {

    /// What a client reads as `error.type`.
    public static final String TYPE = "invalid-call";

    @Override
    public String id() {
        return Integer.toString(index);
    }

    @Override
    public boolean required() {
        return false;
    }
}
