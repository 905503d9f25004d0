/// Decides who calls, and whether Muster may start without asking.
@NullMarked
package dev.muster.auth;

import org.jspecify.annotations.NullMarked;
