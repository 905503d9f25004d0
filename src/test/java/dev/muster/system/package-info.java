/// Decides whether the image keeps Muster's promises among containers that fail, on a network of their own.
@NullMarked
package dev.muster.system;

import org.jspecify.annotations.NullMarked;
