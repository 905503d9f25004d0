/// Muster: takes a batch of HTTP calls, fans it out, and answers the way the client asked, on time. Here is only what
/// puts its parts together.
@NullMarked
package dev.muster;

import org.jspecify.annotations.NullMarked;
