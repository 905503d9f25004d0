package dev.muster.outcome;

/// What a batch tells its client of one of the calls that it was asked for. Every one of them has exactly one.
public sealed interface Result permits CallOutcome, InvalidCall {

    String id();

    /// Its place among the calls, from 0.
    int index();

    /// Whether the batch has failed without its success.
    boolean required();
}
