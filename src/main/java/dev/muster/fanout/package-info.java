/// Decides how a batch runs: that every call of it ends with exactly one outcome, and the batch on time.
@NullMarked
package dev.muster.fanout;

import org.jspecify.annotations.NullMarked;
