package dev.muster.request;

import java.util.List;

/// One line of a batch without end.
public sealed interface InputLine {

    /// Its place among the lines, from 1.
    long number();

    /// It asks for a call.
    ///
    /// @param index its place among the calls, from 0
    /// @param bytes what it takes on the heap, roughly
    record Call(long number, int index, CallRequest request, long bytes) implements InputLine {}

    /// It asks for a call, and is not valid.
    ///
    /// @param index  its place among the calls, from 0
    /// @param faults what is wrong with it, all of it
    record Invalid(long number, int index, List<Fault> faults) implements InputLine {}

    /// It asks for nothing: it is blank, or a comment.
    record Silent(long number) implements InputLine {}
}
