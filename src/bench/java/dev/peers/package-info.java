/// What else a team would write: aggregators that do the same work as a batch of Muster, for comparison.
///
/// Not below `dev.muster`, where Muster's tests would take their controllers for Muster's own.
@NullMarked
package dev.peers;

import org.jspecify.annotations.NullMarked;
