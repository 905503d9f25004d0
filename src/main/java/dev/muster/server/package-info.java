/// Decides what becomes of clients' sockets: the event loops they are on, and which connections are kept, bounded and
/// closed.
@NullMarked
package dev.muster.server;

import org.jspecify.annotations.NullMarked;
