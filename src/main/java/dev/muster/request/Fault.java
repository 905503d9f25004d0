package dev.muster.request;

/// One thing that is wrong with a batch document.
///
/// @param pointer JSON pointer as a URI fragment, for example `#/requests/3/url`
/// @param detail  the rule that is broken, in words a caller can act on
public record Fault(String pointer, String detail) {

    /// One of the member `name` of the document.
    public static Fault ofMember(String name, String detail) {
        return new Fault("#/" + FieldReader.escape(name), detail);
    }
}
