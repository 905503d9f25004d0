package dev.muster.upstream;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The header lines of a response as all others read them, without Netty.
final class HeadersByName {

    private HeadersByName() {}

    /// The values of each line by lower-cased name. A name may come in two spellings, and its lines apart.
    static Map<String, List<String>> of(HttpHeaders headers) {
        Map<String, List<String>> byName = new LinkedHashMap<>();
        var lines = headers.iteratorCharSequence();
        while (lines.hasNext()) {
            Map.Entry<CharSequence, CharSequence> line = lines.next();
            byName.merge(
                    line.getKey().toString().toLowerCase(Locale.ROOT),
                    List.of(line.getValue().toString()),
                    HeadersByName::together);
        }
        return byName;
    }

    private static List<String> together(List<String> before, List<String> more) {
        List<String> all = new ArrayList<>(before);
        all.addAll(more);
        return all;
    }
}
