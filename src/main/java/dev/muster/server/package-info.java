/// Decides what happens on the connections of clients below HTTP.
@NullMarked
package dev.muster.server;

import org.jspecify.annotations.NullMarked;
