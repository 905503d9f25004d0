/// Decides through which stages one call goes, and what its service's guards make of each attempt.
@NullMarked
package dev.muster.call;

import org.jspecify.annotations.NullMarked;
