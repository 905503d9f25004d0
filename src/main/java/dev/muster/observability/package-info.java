/// Decides what is told of Muster's work: which meters, traces and log lines there are, and when it is ready for more.
@NullMarked
package dev.muster.observability;

import org.jspecify.annotations.NullMarked;
