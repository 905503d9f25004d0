/// Decides routes, media types, status codes and problem details.
@NullMarked
package dev.muster.web;

import org.jspecify.annotations.NullMarked;
