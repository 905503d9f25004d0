package dev.muster.request;

import java.util.List;
import java.util.Map;

/// What of a JSON body is kept, by JSON pointers (RFC 6901). A pointer that finds nothing is left out.
public sealed interface Pick {

    /// The value at one pointer, which becomes the body.
    record At(String pointer) implements Pick {}

    /// The body with what is at these pointers and nothing else, its nesting kept.
    record Members(List<String> pointers) implements Pick {}

    /// A new object of what is at pointers, by its new names, in their order.
    record Renamed(Map<String, String> pointers) implements Pick {}
}
