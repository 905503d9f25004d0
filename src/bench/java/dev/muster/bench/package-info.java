/// What is measured, how, and what it is held against.
@NullMarked
package dev.muster.bench;

import org.jspecify.annotations.NullMarked;
