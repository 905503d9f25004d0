/// Decides by which words it is told what became of a call.
@NullMarked
package dev.muster.outcome;

import org.jspecify.annotations.NullMarked;
