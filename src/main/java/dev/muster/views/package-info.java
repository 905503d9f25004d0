/// Decides what the views of the operator are: batches that callers name, with parameters in place of what differs.
@NullMarked
package dev.muster.views;

import org.jspecify.annotations.NullMarked;
