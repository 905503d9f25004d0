@NullMarked
package dev.muster.auth;

import org.jspecify.annotations.NullMarked;
