/// Decides what the client sees of a batch's outcomes, in which order, and when the rest is cancelled.
@NullMarked
package dev.muster.strategy;

import org.jspecify.annotations.NullMarked;
