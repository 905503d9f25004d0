/// Decides, before any I/O, what a batch will do: which call goes where, with which budgets and bounds.
@NullMarked
package dev.muster.plan;

import org.jspecify.annotations.NullMarked;
