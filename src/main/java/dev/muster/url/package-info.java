/// Decides what a URL means: where it leads, which bytes are sent for it, and whether a path stays below another.
@NullMarked
package dev.muster.url;

import org.jspecify.annotations.NullMarked;
