package dev.muster.request;

import io.netty.handler.codec.http.HttpUtil;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Which content types are JSON, the same on the way out and on the way back.
public final class JsonMediaType {

    private JsonMediaType() {}

    /// The type and subtype of `contentType`, lower-cased and without parameters; empty if it has none.
    public static String withoutParameters(@Nullable String contentType) {
        CharSequence mimeType = contentType == null ? null : HttpUtil.getMimeType(contentType);
        return mimeType == null ? "" : mimeType.toString().strip().toLowerCase(Locale.ROOT);
    }

    /// Whether `mimeType`, lower-cased and without parameters, is JSON.
    public static boolean isJson(String mimeType) {
        return mimeType.equals("application/json") || mimeType.endsWith("+json") || mimeType.equals("text/json");
    }
}
