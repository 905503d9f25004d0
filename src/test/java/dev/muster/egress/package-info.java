/// The corpus of targets that must never be reached, and the proof that they are not.
@NullMarked
package dev.muster.egress;

import org.jspecify.annotations.NullMarked;
