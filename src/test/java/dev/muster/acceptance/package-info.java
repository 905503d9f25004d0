/// Decides whether Muster keeps its HTTP contract: over the wire, against a started Muster and upstreams that
/// misbehave.
@NullMarked
package dev.muster.acceptance;

import org.jspecify.annotations.NullMarked;
