package dev.muster.request;

import io.netty.handler.codec.http.HttpUtil;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which charset a content type declares, the same on the way out and on the way back.
public final class DeclaredCharset {

    private DeclaredCharset() {}

    /// The charset of `contentType`, UTF-8 where it declares none; null if it declares one that there is not.
    public static @Nullable Charset of(@Nullable String contentType) {
        CharSequence declared = contentType == null ? null : HttpUtil.getCharsetAsSequence(contentType);
        if (declared == null) {
            return StandardCharsets.UTF_8;
        }
        String name = declared.toString().replace("\"", "").toLowerCase(Locale.ROOT);
        return name.equals("utf-8") ? StandardCharsets.UTF_8 : All.BY_NAME.get(name);
    }

    /// All that there are, from when one is asked for that is not UTF-8.
    ///
    /// `Charset.forName` looks through the whole class path for a name that it does not know, each time anew.
    private static final class All {

        static final Map<String, Charset> BY_NAME = byName();

        private static Map<String, Charset> byName() {
            Map<String, Charset> byName = new HashMap<>();
            for (Charset charset : Charset.availableCharsets().values()) {
                charset.aliases().forEach(alias -> byName.put(alias.toLowerCase(Locale.ROOT), charset));
            }
            for (Charset charset : Charset.availableCharsets().values()) {
                byName.put(charset.name().toLowerCase(Locale.ROOT), charset);
            }
            return byName;
        }
    }
}
