/// Decides how one outbound call is made, end to end, and what became of it.
@NullMarked
package dev.muster.call;

import org.jspecify.annotations.NullMarked;
