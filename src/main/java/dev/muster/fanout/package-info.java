/// Decides which batches are taken on, when each of their calls starts, and that every call ends with exactly one
/// outcome.
@NullMarked
package dev.muster.fanout;

import org.jspecify.annotations.NullMarked;
