/// Decides what the client asked: a batch document is read into a [dev.muster.request.BatchRequest], a line into a
/// [dev.muster.request.CallRequest], or refused with every fault it has.
@NullMarked
package dev.muster.request;

import org.jspecify.annotations.NullMarked;
