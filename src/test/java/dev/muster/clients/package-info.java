/// Clients that are made of the OpenAPI document, and that need none.
@NullMarked
package dev.muster.clients;

import org.jspecify.annotations.NullMarked;
