@NullMarked
package dev.muster.lifecycle;

import org.jspecify.annotations.NullMarked;
