/// Decides how a request goes over the wire and a response comes from it: connections and their pools, the bounds of
/// responses, decoding, and by which name a failure goes.
@NullMarked
package dev.muster.upstream;

import org.jspecify.annotations.NullMarked;
