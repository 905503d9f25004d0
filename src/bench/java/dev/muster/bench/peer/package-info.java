/// What else a team would write or take: aggregators that do the same work as a batch of Muster, for comparison.
@NullMarked
package dev.muster.bench.peer;

import org.jspecify.annotations.NullMarked;
