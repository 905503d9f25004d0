package dev.muster.template;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.async.NonBlockingByteArrayJsonParser;

/// The tokens of a JSON value that is known to be well-formed, each with where it stands.
public final class JsonTokens {

    /// No limits of its own: whoever let the value in has checked it by his. No table of names, either, which would
    /// keep those that others have made up.
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(Integer.MAX_VALUE)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final JsonParser parser;
    private final int offset;

    public JsonTokens(byte[] json) {
        this(json, 0, json.length);
    }

    JsonTokens(byte[] json, int start, int end) {
        NonBlockingByteArrayJsonParser fed = (NonBlockingByteArrayJsonParser)
                JSON.<NonBlockingByteArrayJsonParser>createNonBlockingByteArrayParser(ObjectReadContext.empty());
        fed.feedInput(json, start, end);
        fed.endOfInput();
        this.parser = fed;
        this.offset = start;
    }

    /// The next token, or `null` at the end. A parser that is fed asks for more before it takes the end for what it is.
    public @Nullable JsonToken next() {
        JsonToken token = parser.nextToken();
        return token == JsonToken.NOT_AVAILABLE ? parser.nextToken() : token;
    }

    /// The name of the member that the current token is, or is the value of.
    public String name() {
        return parser.currentName();
    }

    /// The text of the current token, a string.
    public String string() {
        return parser.getString();
    }

    /// Goes to the last token of the value that begins with the current one.
    public void skip() {
        parser.skipChildren();
    }

    /// Where the current token begins. The parser says where it was when it had taken the first byte of it.
    public int start() {
        return offset + Math.toIntExact(parser.currentTokenLocation().getByteOffset()) - 1;
    }

    /// Where what follows the current token begins.
    public int end() {
        parser.finishToken();
        return offset + Math.toIntExact(parser.currentLocation().getByteOffset());
    }
}
