/// Decides whether a batch is taken on, and when each of its calls may begin.
@NullMarked
package dev.muster.admission;

import org.jspecify.annotations.NullMarked;
