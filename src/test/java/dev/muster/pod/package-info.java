/// Muster in a JVM of its own, as small as in a pod of 256 MiB, under everything that strangers, callers and upstreams
/// have done to it.
@NullMarked
package dev.muster.pod;

import org.jspecify.annotations.NullMarked;
