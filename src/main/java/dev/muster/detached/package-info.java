/// Decides what is kept of batches that outlive their request, and for how long.
@NullMarked
package dev.muster.detached;

import org.jspecify.annotations.NullMarked;
