package dev.muster.template;

/// What a value is taken from.
public sealed interface Reference {

    /// As it stands between the braces.
    String text();

    /// The result of another call of the batch.
    ///
    /// @param id      of that call
    /// @param pointer into its result
    record OfCall(String id, Pointer pointer) implements Reference {
        @Override
        public String text() {
            return id + '#' + pointer.text();
        }
    }

    /// A parameter of the view that the call stands in.
    record Parameter(String name) implements Reference {
        @Override
        public String text() {
            return name;
        }
    }
}
