package dev.muster.template;

import java.util.Set;

/// Which braces are a template.
public sealed interface Syntax {

    /// `{ID#POINTER}` alone. A text in which nothing begins like that is none, whatever braces it has: so what was sent
    /// before there were templates still is.
    Syntax OF_CALLS = new OfCalls();

    /// Also `{parameter}`. Every text with a brace is a template.
    ///
    /// @param parameters all there are
    static Syntax ofView(Set<String> parameters) {
        return new OfView(parameters);
    }

    /// Whether `text` is to be read as a template.
    boolean isTemplate(String text);

    /// What stands between two braces.
    ///
    /// @throws TemplateFault if it is no reference
    Reference reference(String text);

    /// Whether `json` may have a string that is a template, at first sight.
    boolean mayHaveTemplates(byte[] json);

    /// In the document of a caller.
    record OfCalls() implements Syntax {

        @Override
        public boolean isTemplate(String text) {
            for (int hash = text.indexOf('#'); hash >= 0; hash = text.indexOf('#', hash + 1)) {
                int start = hash - 1;
                while (start >= 0
                        && hash - start <= CallReference.MOST_ID
                        && CallReference.isOfId(text.charAt(start))) {
                    start--;
                }
                if (start >= 0 && start < hash - 1 && text.charAt(start) == '{') {
                    return true;
                }
            }
            return false;
        }

        @Override
        public Reference reference(String text) {
            return CallReference.parse(text);
        }

        /// A number sign, be it written as an escape.
        @Override
        public boolean mayHaveTemplates(byte[] json) {
            for (int i = 0; i < json.length; i++) {
                if (json[i] == '#' || (json[i] == '\\' && json[i + 1] == 'u')) {
                    return true;
                }
            }
            return false;
        }
    }

    /// In the document of a view.
    record OfView(Set<String> parameters) implements Syntax {

        @Override
        public boolean isTemplate(String text) {
            return text.indexOf('{') >= 0 || text.indexOf('}') >= 0;
        }

        @Override
        public Reference reference(String text) {
            if (text.indexOf('#') >= 0) {
                return CallReference.parse(text);
            }
            if (parameters.contains(text)) {
                return new Reference.Parameter(text);
            }
            throw new TemplateFault("{%s} names no parameter of the view".formatted(text));
        }

        @Override
        public boolean mayHaveTemplates(byte[] json) {
            return true;
        }
    }
}
