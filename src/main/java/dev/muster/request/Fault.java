package dev.muster.request;

/// One thing that is wrong with a batch document.
///
/// @param pointer JSON pointer as a URI fragment, for example `#/requests/3/url`
/// @param detail  the rule that is broken, in words a caller can act on
public record Fault(String pointer, String detail) {}
