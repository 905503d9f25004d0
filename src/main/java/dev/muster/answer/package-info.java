/// Decides how outcomes are written: as a JSON document, as server-sent events, as lines of JSON.
@NullMarked
package dev.muster.answer;

import org.jspecify.annotations.NullMarked;
