/// Decides what stands where a text has a place for a value, so that a value can be nothing but a value there.
@NullMarked
package dev.muster.template;

import org.jspecify.annotations.NullMarked;
