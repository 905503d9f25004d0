/// Decides which responses to GET are kept, for whom, and when one of them may answer in the upstream's place
/// (RFC 9111).
@NullMarked
package dev.muster.cache;

import org.jspecify.annotations.NullMarked;
