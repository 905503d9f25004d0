package dev.muster.request;

import dev.muster.url.HttpUrl;
import dev.muster.url.PathBelow;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/// Reads the elements of one batch's `requests`.
final class CallReader {

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern METHOD = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}");
    private static final Set<String> STANDARD_METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE");
    private static final String JSON = "application/json";

    private static final int MOST_HEADER_BYTES = 16_384;
    private static final String URL_TOO_LONG =
            "must have at most %d characters, percent-encoded".formatted(FieldReader.MOST_CHARACTERS);

    /// What a call takes on the heap besides its strings and its body: what it is read into, and its entries in lists.
    private static final int BYTES_PER_CALL = 768;

    /// The text of a URL, once more in its parts.
    private static final long BYTES_PER_PARSED_CHARACTER = 3;

    /// A header that is read: its name, its list and its entry.
    private static final int BYTES_PER_HEADER = 256;

    private final Set<String> services;
    private final Map<String, Set<StrategyName>> fitting;
    private final @Nullable Map<String, Integer> indexById;

    /// @param services  the names that a call's `service` may have
    /// @param fitting   takes the pointer of each field that only some strategies have a use for, and which
    /// @param indexById takes the ids, which are unique then; `null` where they need not be
    CallReader(Set<String> services, Map<String, Set<StrategyName>> fitting, @Nullable Map<String, Integer> indexById) {
        this.services = services;
        this.fitting = fitting;
        this.indexById = indexById;
    }

    /// The call at `index` that asks for nothing but `url`.
    static CallRequest get(Target.Url url, int index) {
        String id = Integer.toString(index);
        return new Fields(id).toRequest(id, url, null);
    }

    /// Reads the call at `index`, or notes its faults and answers `null`.
    @Nullable
    CallRequest read(FieldReader reader, int index) {
        reader.keep(BYTES_PER_CALL);
        if (reader.at(JsonToken.VALUE_STRING)) {
            claimId(reader, Integer.toString(index), index);
            Target.Url url = url(reader);
            return url == null ? null : get(url, index);
        }
        if (!reader.at(JsonToken.START_OBJECT)) {
            reader.fault("must be a URL or an object");
            reader.skip();
            return null;
        }
        var fields = new Fields(Integer.toString(index));
        reader.object(name -> readField(name, reader, fields));
        claimId(reader, fields.id, index);
        Target target = target(reader, fields);
        RequestBody body = body(reader, fields);
        String id = fields.id;
        return target == null || id == null ? null : fields.toRequest(id, target, body);
    }

    /// Also for a call that has other faults: all of them are to be told at once.
    private void claimId(FieldReader reader, @Nullable String id, int index) {
        Integer twin = id == null || indexById == null ? null : indexById.putIfAbsent(id, index);
        if (twin != null) {
            reader.fault("id", "%s is already the id of request %d: ids are unique".formatted(id, twin));
        }
    }

    private boolean readField(String name, FieldReader reader, Fields fields) {
        switch (name) {
            case "id" -> {
                if (!reader.leftOut()) {
                    fields.id = reader.string(
                            given -> ID.matcher(given).matches() ? null : "must be 1 to 64 of A-Z a-z 0-9 . _ -");
                }
            }
            case "url" -> {
                fields.urlGiven = !reader.leftOut();
                fields.url = url(reader);
            }
            case "service" -> {
                fields.serviceGiven = !reader.leftOut();
                fields.service =
                        reader.string(given -> services.contains(given) ? null : "is not a configured service");
            }
            case "path" -> {
                fields.pathGiven = !reader.leftOut();
                fields.path = path(reader);
            }
            case "method" -> fields.method = method(reader);
            case "headers" -> {
                reader.object(header -> readHeader(header, reader, fields.headers));
                if (size(fields.headers) > MOST_HEADER_BYTES) {
                    reader.fault("must have at most %d bytes in all".formatted(MOST_HEADER_BYTES));
                }
            }
            case "body" -> {
                fields.bodyType = reader.token();
                fields.body = reader.raw();
            }
            case "bodyBase64" -> {
                fields.base64Given = !reader.leftOut();
                fields.bodyBase64 = base64(reader);
            }
            case "timeout" -> fields.timeout = reader.duration();
            case "required" -> {
                fields.required = reader.bool();
                if (Boolean.TRUE.equals(fields.required)) {
                    reader.keep(BYTES_PER_HEADER);
                    fitting.put(reader.pointer(), BatchReader.GROUPS);
                }
            }
            case "success" -> fields.success = success(reader);
            case "redirects" -> fields.redirects = reader.integer(0, 5);
            case "exposeHeaders" ->
                fields.exposeHeaders = reader.strings(
                        header -> HeaderRules.faultOfToken(header).orElse(null));
            default -> {
                return false;
            }
        }
        return true;
    }

    private static Target.@Nullable Url url(FieldReader reader) {
        String text = reader.string();
        return text == null ? null : url(text, reader::keep, reader::fault);
    }

    /// The URL that `text` is, or `null` if something is wrong with it.
    ///
    /// @param memory is told of what is kept of it
    /// @param faults is told what is wrong
    static Target.@Nullable Url url(String text, DocumentMemory memory, Consumer<String> faults) {
        if (HttpUrl.length(text) > FieldReader.MOST_CHARACTERS) {
            faults.accept(URL_TOO_LONG);
            return null;
        }
        try {
            URI uri = HttpUrl.parse(text);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            if (!scheme.equals("http") && !scheme.equals("https")) {
                faults.accept("must be an absolute http or https URL");
            } else if (HttpUrl.hasUserInformation(uri)) {
                faults.accept("must not carry user information");
            } else if (HttpUrl.host(uri) == null) {
                faults.accept("has no valid host");
            } else if (HttpUrl.port(uri) == 0 || HttpUrl.port(uri) > 65_535) {
                faults.accept("has no valid port");
            } else if (hasLoneSurrogate(text)) {
                faults.accept("is not a valid URL: it is not Unicode");
            } else {
                memory.take(BYTES_PER_PARSED_CHARACTER * uri.toString().length());
                return new Target.Url(text, uri);
            }
        } catch (URISyntaxException invalid) {
            faults.accept("is not a valid URL: %s at index %d".formatted(invalid.getReason(), invalid.getIndex()));
        }
        return null;
    }

    private static @Nullable String path(FieldReader reader) {
        String path = reader.string(CallReader::faultOfPath);
        if (path != null) {
            // The planner makes a URL of it.
            reader.keep(BYTES_PER_PARSED_CHARACTER * HttpUrl.length(path));
        }
        return path;
    }

    private static @Nullable String faultOfPath(String path) {
        if (!path.startsWith("/")) {
            return "must begin with /";
        }
        if (HttpUrl.length(path) > FieldReader.MOST_CHARACTERS) {
            return URL_TOO_LONG;
        }
        if (hasLoneSurrogate(path)) {
            return "is not a valid path: it is not Unicode";
        }
        if (!HttpUrl.isPath(path)) {
            return faultOfOtherThanPath(path);
        }
        int query = path.indexOf('?');
        return PathBelow.mayBeLeft(query < 0 ? path : path.substring(0, query)) ? "must not have dot segments" : null;
    }

    private static String faultOfOtherThanPath(String path) {
        try {
            HttpUrl.parse("http://service" + path);
            return "must not have a fragment";
        } catch (URISyntaxException invalid) {
            return "is not a valid path: %s at index %d"
                    .formatted(invalid.getReason(), invalid.getIndex() - "http://service".length());
        }
    }

    /// JSON can spell half of a character, for which there are no bytes to send.
    private static boolean hasLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable Target target(FieldReader reader, Fields fields) {
        if (fields.urlGiven && (fields.serviceGiven || fields.pathGiven)) {
            reader.fault("takes either url, or service and path, not both");
        } else if (!fields.urlGiven && !fields.serviceGiven && !fields.pathGiven) {
            reader.fault("needs either url, or service and path");
        } else if (!fields.urlGiven && !fields.pathGiven) {
            reader.fault("path", "is required with service");
        } else if (!fields.urlGiven && !fields.serviceGiven) {
            reader.fault("service", "is required with path");
        } else if (fields.url != null) {
            return fields.url;
        } else if (fields.service != null && fields.path != null) {
            return new Target.ServicePath(fields.service, fields.path);
        }
        return null;
    }

    private static @Nullable String method(FieldReader reader) {
        String given = reader.string(text -> {
            if (!METHOD.matcher(text).matches()) {
                return "is not an HTTP method";
            }
            return text.equalsIgnoreCase("CONNECT") ? "CONNECT opens a tunnel and must not be used" : null;
        });
        if (given == null) {
            return null;
        }
        String upper = given.toUpperCase(Locale.ROOT);
        return STANDARD_METHODS.contains(upper) ? upper : given;
    }

    private static boolean readHeader(String name, FieldReader reader, Map<String, List<String>> headers) {
        String lowerCased = name.toLowerCase(Locale.ROOT);
        reader.keep(BYTES_PER_HEADER + name.length());
        HeaderRules.faultOfName(name).ifPresent(reader::fault);
        List<String> values = reader.at(JsonToken.START_ARRAY)
                ? reader.strings(value -> HeaderRules.faultOfValue(value).orElse(null))
                : headerValue(reader);
        if (headers.putIfAbsent(lowerCased, values == null ? List.of() : List.copyOf(values)) != null) {
            reader.fault("is given twice: header names ignore case");
        } else if (values != null && values.size() > 1 && HeaderRules.hasOneValue(lowerCased)) {
            reader.fault("must have one value, not a list");
        }
        return true;
    }

    /// As HTTP/1.1 writes them: each value on a line, with its name, a colon, a space and the line's end.
    private static int size(Map<String, List<String>> headers) {
        int size = 0;
        for (Map.Entry<String, List<String>> header : headers.entrySet()) {
            for (String value : header.getValue()) {
                size += header.getKey().length() + value.length() + 4;
            }
        }
        return size;
    }

    private static List<String> headerValue(FieldReader reader) {
        if (!reader.at(JsonToken.VALUE_STRING)) {
            reader.fault("must be a string or a list of strings");
            reader.skip();
            return List.of();
        }
        String value = reader.string(
                MOST_HEADER_BYTES, text -> HeaderRules.faultOfValue(text).orElse(null));
        return value == null ? List.of() : List.of(value);
    }

    private static byte @Nullable [] base64(FieldReader reader) {
        String text = reader.string(Integer.MAX_VALUE);
        if (text == null) {
            return null;
        }
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException invalid) {
            reader.fault("must be Base64 (RFC 4648, section 4)");
            return null;
        }
    }

    private static @Nullable SuccessStatuses success(FieldReader reader) {
        List<String> words = reader.strings(
                word -> SuccessStatuses.isValid(word) ? null : "must be a status such as 404 or a class such as 2xx");
        if (words == null) {
            return null;
        }
        if (words.isEmpty()) {
            return null;
        }
        reader.keep(BYTES_PER_HEADER);
        return SuccessStatuses.of(words);
    }

    private static @Nullable RequestBody body(FieldReader reader, Fields fields) {
        String contentType = contentType(fields);
        if (fields.bodyType == JsonToken.VALUE_NULL && !isNullSent(fields)) {
            fields.body = null;
        }
        if (fields.body != null && fields.base64Given) {
            reader.fault("takes either body or bodyBase64, not both");
            return null;
        }
        if (fields.bodyBase64 != null) {
            return new RequestBody(fields.bodyBase64, contentType == null ? "application/octet-stream" : contentType);
        }
        if (fields.body == null) {
            return null;
        }
        if (contentType == null || isJson(contentType)) {
            return new RequestBody(fields.body, JSON);
        }
        if (fields.bodyType != JsonToken.VALUE_STRING) {
            reader.fault("body", "must be a string under a content-type that is not JSON");
            return null;
        }
        byte[] encoded = encode(reader, BatchReader.stringOf(fields.body), contentType);
        if (encoded == null) {
            reader.fault("body", "cannot be written in the charset of its content-type");
            return null;
        }
        return new RequestBody(encoded, contentType);
    }

    /// Many clients write what they do not have as `null`: that makes no `POST` of a `GET`. Where a body is expected,
    /// it is the JSON `null`.
    private static boolean isNullSent(Fields fields) {
        boolean takesBody = fields.method != null && !fields.method.equals("GET") && !fields.method.equals("HEAD");
        return takesBody && !fields.base64Given;
    }

    /// Answers `null` if there is no such charset, or it cannot carry the whole text.
    private static byte @Nullable [] encode(FieldReader reader, String text, String contentType) {
        Charset charset = DeclaredCharset.of(contentType);
        if (charset == null || !charset.canEncode()) {
            return null;
        }
        try {
            ByteBuffer encoded = charset.newEncoder().encode(CharBuffer.wrap(text));
            reader.keep(encoded.remaining());
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException lossy) {
            return null;
        }
    }

    private static @Nullable String contentType(Fields fields) {
        List<String> values = fields.headers.get("content-type");
        return values == null || values.isEmpty() ? null : values.getFirst();
    }

    private static boolean isJson(String contentType) {
        return JsonMediaType.isJson(JsonMediaType.withoutParameters(contentType));
    }

    private static Set<String> lowerCased(List<String> names) {
        return names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    }

    /// What has been read so far.
    private static final class Fields {
        @Nullable
        String id;

        boolean urlGiven;
        Target.@Nullable Url url;
        boolean serviceGiven;

        @Nullable
        String service;

        boolean pathGiven;

        @Nullable
        String path;

        @Nullable
        String method;

        final Map<String, List<String>> headers = new LinkedHashMap<>();
        byte @Nullable [] body;

        @Nullable
        JsonToken bodyType;

        boolean base64Given;
        byte @Nullable [] bodyBase64;

        @Nullable
        Duration timeout;

        @Nullable
        Boolean required;

        @Nullable
        SuccessStatuses success;

        @Nullable
        Integer redirects;

        @Nullable
        List<String> exposeHeaders;

        Fields(String id) {
            this.id = id;
        }

        CallRequest toRequest(String validId, Target target, @Nullable RequestBody requestBody) {
            return new CallRequest(
                    validId,
                    target,
                    new RequestMessage(
                            method != null ? method : requestBody != null ? "POST" : "GET",
                            Collections.unmodifiableMap(headers),
                            requestBody),
                    timeout,
                    required,
                    success == null ? SuccessStatuses.DEFAULT : success,
                    redirects,
                    exposeHeaders == null ? Set.of() : lowerCased(exposeHeaders));
        }
    }
}
