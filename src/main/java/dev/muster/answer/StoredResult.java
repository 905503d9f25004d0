package dev.muster.answer;

/// One result of a batch that is kept, as it was written when it landed.
///
/// @param seq   its place among the results in landing order, from 1; 0 of a call that has not landed
/// @param index the place of its call in the batch, from 0
/// @param json  the result, an object; owned by this record and not to be changed
public record StoredResult(long seq, int index, byte[] json) {}
