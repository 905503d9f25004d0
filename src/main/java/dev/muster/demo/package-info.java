/// An upstream simulator on loopback, in profile `demo` only: decides how a good or a bad upstream answers.
@NullMarked
package dev.muster.demo;

import org.jspecify.annotations.NullMarked;
