package dev.muster.request;

import dev.muster.template.JsonTemplate;
import dev.muster.template.Pointer;
import dev.muster.template.Reference;
import dev.muster.template.Syntax;
import dev.muster.template.Template;
import dev.muster.template.TemplateFault;
import dev.muster.template.Values;
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
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
    static final String JSON = "application/json";

    static final int MOST_HEADER_BYTES = 16_384;
    private static final String NO_ID = "must be 1 to 64 of A-Z a-z 0-9 . _ -";
    static final String STANDS_ALONE =
            "must have no templates and no dependsOn: a line knows no other call, a batch document does";
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
    private final @Nullable DependencyGraph graph;
    private final Syntax syntax;

    /// @param services the names that a call's `service` may have
    /// @param fitting  takes the pointer of each field that only some strategies have a use for, and which
    /// @param graph    takes the ids and which calls need which; `null` where each call stands alone
    /// @param syntax   which braces are a template
    CallReader(
            Set<String> services,
            Map<String, Set<StrategyName>> fitting,
            @Nullable DependencyGraph graph,
            Syntax syntax) {
        this.services = services;
        this.fitting = fitting;
        this.graph = graph;
        this.syntax = syntax;
    }

    /// The call at `index` that asks for nothing but `url`.
    static CallRequest get(Target.Url url, int index) {
        String id = Integer.toString(index);
        return new Fields(id, index).toRequest(id, url, null);
    }

    /// Reads the call at `index`, or notes its faults and answers `null`.
    @Nullable
    CallRequest read(FieldReader reader, int index) {
        reader.keep(BYTES_PER_CALL);
        if (reader.at(JsonToken.VALUE_STRING)) {
            String id = Integer.toString(index);
            claimId(reader, id, index);
            var fields = new Fields(id, index);
            Target.Url url = url(reader, fields);
            return url == null ? null : fields.toRequest(id, url, null);
        }
        if (!reader.at(JsonToken.START_OBJECT)) {
            reader.fault("must be a URL or an object");
            reader.skip();
            return null;
        }
        var fields = new Fields(Integer.toString(index), index);
        reader.object(name -> readField(name, reader, fields));
        claimId(reader, fields.id, index);
        Target target = target(reader, fields);
        RequestBody body = body(reader, fields);
        if (fields.values > Needs.MOST) {
            reader.fault("must have at most %d templates".formatted(Needs.MOST));
        }
        String id = fields.id;
        return target == null || id == null ? null : fields.toRequest(id, target, body);
    }

    /// Also for a call that has other faults: all of them are to be told at once.
    private void claimId(FieldReader reader, @Nullable String id, int index) {
        Integer twin = id == null || graph == null ? null : graph.claim(id, index);
        if (twin != null) {
            reader.fault("id", "%s is already the id of request %d: ids are unique".formatted(id, twin));
        }
    }

    private boolean readField(String name, FieldReader reader, Fields fields) {
        switch (name) {
            case "id" -> {
                if (!reader.leftOut()) {
                    fields.id = reader.string(given -> ID.matcher(given).matches() ? null : NO_ID);
                }
            }
            case "url" -> {
                fields.urlGiven = !reader.leftOut();
                fields.url = url(reader, fields);
            }
            case "service" -> {
                fields.serviceGiven = !reader.leftOut();
                fields.service =
                        reader.string(given -> services.contains(given) ? null : "is not a configured service");
            }
            case "path" -> {
                fields.pathGiven = !reader.leftOut();
                fields.path = path(reader, fields);
            }
            case "method" -> fields.method = method(reader);
            case "headers" -> {
                fields.headers = new LinkedHashMap<>();
                reader.object(header -> readHeader(header, reader, fields));
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
            case "dependsOn" -> {
                boolean alone = graph == null && !reader.leftOut();
                if (alone) {
                    reader.fault(STANDS_ALONE);
                }
                reader.strings(id -> alone ? null : need(id, reader, fields));
            }
            case "pick" -> fields.pick = PickReader.read(reader);
            default -> {
                return false;
            }
        }
        return true;
    }

    private @Nullable String need(String id, FieldReader reader, Fields fields) {
        if (!ID.matcher(id).matches()) {
            return NO_ID;
        }
        need(reader.pointer(), id, reader, fields);
        return null;
    }

    private Set<Pointer> need(String pointer, String id, FieldReader reader, Fields fields) {
        reader.keep(BYTES_PER_HEADER + pointer.length());
        if (graph != null) {
            graph.mention(pointer, fields.index, id);
        }
        return fields.takenFrom(id);
    }

    /// Notes what a template at `pointer` refers to. There may be any number of them until the call has been read.
    private void need(String pointer, Template template, FieldReader reader, Fields fields) {
        fields.values += template.references().size();
        if (graph == null) {
            reader.fault(STANDS_ALONE);
            return;
        }
        for (Reference reference : template.references()) {
            if (reference instanceof Reference.OfCall(String id, Pointer into)) {
                need(pointer, id, reader, fields).add(into);
            }
        }
    }

    private Target.@Nullable Url url(FieldReader reader, Fields fields) {
        String text = reader.string();
        if (text == null || !syntax.isTemplate(text)) {
            return text == null ? null : url(text, reader::keep, reader::fault);
        }
        Template template = template(text, reader);
        if (template == null || isMisplaced(template, reader)) {
            return null;
        }
        Target.Url url = url(template.standIn(), reader::keep, reader::fault);
        if (url != null && PathBelow.mayBeLeft(url.uri().getRawPath())) {
            reader.fault("must not have dot segments next to a template");
            return null;
        }
        need(reader.pointer(), template, reader, fields);
        fields.urlTemplate = template;
        return url;
    }

    private @Nullable Template template(String text, FieldReader reader) {
        try {
            return Template.parse(text, syntax);
        } catch (TemplateFault fault) {
            reader.fault(fault.detail());
            return null;
        }
    }

    /// Whether a value would decide where the URL leads, or stand where nothing is sent.
    private static boolean isMisplaced(Template template, FieldReader reader) {
        String standIn = template.standIn();
        int authority = standIn.indexOf("://") + 3;
        int path = authority < 3 ? -1 : indexOfAny(standIn, "/?#", authority);
        int fragment = standIn.indexOf('#');
        for (int start : template.starts()) {
            if (path < 0 || start < path) {
                reader.fault("must have no template in its scheme, host or port");
                return true;
            }
            if (fragment >= 0 && start > fragment) {
                reader.fault("must have no template in its fragment");
                return true;
            }
        }
        return false;
    }

    private static int indexOfAny(String text, String characters, int from) {
        for (int i = from; i < text.length(); i++) {
            if (characters.indexOf(text.charAt(i)) >= 0) {
                return i;
            }
        }
        return -1;
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

    private @Nullable String path(FieldReader reader, Fields fields) {
        String path = reader.string(text -> syntax.isTemplate(text) ? null : faultOfPath(text));
        if (path != null && syntax.isTemplate(path)) {
            path = pathTemplate(path, reader, fields);
        }
        if (path != null) {
            // The planner makes a URL of it.
            reader.keep(BYTES_PER_PARSED_CHARACTER * HttpUrl.length(path));
        }
        return path;
    }

    private @Nullable String pathTemplate(String path, FieldReader reader, Fields fields) {
        Template template = template(path, reader);
        if (template == null) {
            return null;
        }
        String detail = faultOfPath(template.standIn());
        if (detail != null) {
            reader.fault(detail);
            return null;
        }
        need(reader.pointer(), template, reader, fields);
        fields.urlTemplate = template;
        return template.standIn();
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

    private boolean readHeader(String name, FieldReader reader, Fields fields) {
        String lowerCased = name.toLowerCase(Locale.ROOT);
        reader.keep(BYTES_PER_HEADER + name.length());
        HeaderRules.faultOfName(name).ifPresent(reader::fault);
        List<String> values = reader.at(JsonToken.START_ARRAY)
                ? reader.strings(value -> faultOfHeader(lowerCased, value, reader, fields))
                : headerValue(lowerCased, reader, fields);
        if (fields.headers.putIfAbsent(lowerCased, values == null ? List.of() : List.copyOf(values)) != null) {
            reader.fault("is given twice: header names ignore case");
        } else if (values != null && values.size() > 1 && HeaderRules.hasOneValue(lowerCased)) {
            reader.fault("must have one value, not a list");
        } else if (values != null && values.stream().anyMatch(syntax::isTemplate)) {
            fields.addTemplates(
                    lowerCased,
                    values.stream().map(value -> Template.of(value, syntax)).toList());
        }
        return true;
    }

    private @Nullable String faultOfHeader(String name, String value, FieldReader reader, Fields fields) {
        if (!syntax.isTemplate(value)) {
            return HeaderRules.faultOfValue(value).orElse(null);
        }
        if (name.equals("content-type")) {
            return "must have no template";
        }
        try {
            Template template = Objects.requireNonNull(Template.parse(value, syntax));
            need(reader.pointer(), template, reader, fields);
            return HeaderRules.faultOfValue(template.standIn()).orElse(null);
        } catch (TemplateFault fault) {
            return fault.detail();
        }
    }

    /// As HTTP/1.1 writes them: each value on a line, with its name, a colon, a space and the line's end.
    static int size(Map<String, List<String>> headers) {
        int size = 0;
        for (Map.Entry<String, List<String>> header : headers.entrySet()) {
            for (String value : header.getValue()) {
                size += header.getKey().length() + value.length() + 4;
            }
        }
        return size;
    }

    private List<String> headerValue(String name, FieldReader reader, Fields fields) {
        if (!reader.at(JsonToken.VALUE_STRING)) {
            reader.fault("must be a string or a list of strings");
            reader.skip();
            return List.of();
        }
        String value = reader.string(MOST_HEADER_BYTES, text -> faultOfHeader(name, text, reader, fields));
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

    private @Nullable RequestBody body(FieldReader reader, Fields fields) {
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
            fields.bodyTemplate = jsonTemplate(fields.body, reader, fields);
            return new RequestBody(fields.body, JSON);
        }
        if (fields.bodyType != JsonToken.VALUE_STRING) {
            reader.fault("body", "must be a string under a content-type that is not JSON");
            return null;
        }
        String text = BatchReader.stringOf(fields.body);
        byte[] encoded = encode(text, contentType);
        if (encoded == null) {
            reader.fault("body", "cannot be written in the charset of its content-type");
            return null;
        }
        reader.keep(encoded.length);
        fields.bodyTemplate = textTemplate(text, contentType, reader, fields);
        return new RequestBody(encoded, contentType);
    }

    private CallTemplate.@Nullable BodyTemplate jsonTemplate(byte[] body, FieldReader reader, Fields fields) {
        JsonTemplate template = JsonTemplate.parse(body, syntax, new JsonTemplate.Listener() {
            @Override
            public void template(List<String> steps, Template found) {
                need(reader.pointer(steps), found, reader, fields);
            }

            @Override
            public void fault(List<String> steps, TemplateFault fault) {
                reader.fault(steps, fault.detail());
            }
        });
        return template == null ? null : new CallTemplate.BodyTemplate.OfJson(template);
    }

    private CallTemplate.@Nullable BodyTemplate textTemplate(
            String text, String contentType, FieldReader reader, Fields fields) {
        if (!syntax.isTemplate(text)) {
            return null;
        }
        try {
            Template template = Objects.requireNonNull(Template.parse(text, syntax));
            need(reader.pointer("body"), template, reader, fields);
            return new CallTemplate.BodyTemplate.OfText(template, contentType);
        } catch (TemplateFault fault) {
            reader.fault("body", fault.detail());
            return null;
        }
    }

    /// Many clients write what they do not have as `null`: that makes no `POST` of a `GET`. Where a body is expected,
    /// it is the JSON `null`.
    private static boolean isNullSent(Fields fields) {
        boolean takesBody = fields.method != null && !fields.method.equals("GET") && !fields.method.equals("HEAD");
        return takesBody && !fields.base64Given;
    }

    /// Answers `null` if there is no such charset, or it cannot carry the whole text.
    static byte @Nullable [] encode(String text, String contentType) {
        Charset charset = DeclaredCharset.of(contentType);
        if (charset == null || !charset.canEncode()) {
            return null;
        }
        try {
            ByteBuffer encoded = charset.newEncoder().encode(CharBuffer.wrap(text));
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
        final int index;

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

        Map<String, List<String>> headers = Map.of();
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

        @Nullable
        Pick pick;

        @Nullable
        Template urlTemplate;

        Map<String, List<Template>> headerTemplates = Map.of();

        CallTemplate.@Nullable BodyTemplate bodyTemplate;

        /// The calls that it needs, each with what is taken from its result.
        Map<String, Set<Pointer>> calls = Map.of();

        /// How many values its templates have places for.
        int values;

        Fields(String id, int index) {
            this.id = id;
            this.index = index;
        }

        void addTemplates(String header, List<Template> lines) {
            if (headerTemplates.isEmpty()) {
                headerTemplates = new LinkedHashMap<>();
            }
            headerTemplates.put(header, lines);
        }

        /// What is taken from the result of the call with `id`, which it needs.
        Set<Pointer> takenFrom(String id) {
            if (calls.isEmpty()) {
                calls = new HashMap<>();
            }
            return calls.computeIfAbsent(id, _ -> new HashSet<>());
        }

        CallRequest toRequest(String validId, Target target, @Nullable RequestBody requestBody) {
            var request = new CallRequest(validId, target, message(requestBody), timeout, response(), null);
            boolean hasTemplates = urlTemplate != null || !headerTemplates.isEmpty() || bodyTemplate != null;
            return hasTemplates || !calls.isEmpty() ? withNeeds(request) : request;
        }

        private RequestMessage message(@Nullable RequestBody requestBody) {
            return method == null && headers.isEmpty() && requestBody == null
                    ? RequestMessage.GET
                    : new RequestMessage(
                            method != null ? method : requestBody != null ? "POST" : "GET",
                            Collections.unmodifiableMap(headers),
                            requestBody);
        }

        private ResponseRules response() {
            boolean usual = required == null && redirects == null && success == null;
            return usual && exposeHeaders == null && pick == null
                    ? ResponseRules.USUAL
                    : new ResponseRules(
                            required,
                            success == null ? SuccessStatuses.DEFAULT : success,
                            redirects,
                            exposeHeaders == null ? Set.of() : lowerCased(exposeHeaders),
                            pick);
        }

        private CallRequest withNeeds(CallRequest request) {
            var template = new CallTemplate(urlTemplate, headerTemplates, bodyTemplate, Values.NONE);
            return values == 0 && calls.isEmpty()
                    ? template.finish(request, Values.NONE, Integer.MAX_VALUE)
                    : request.needing(new Needs(calls, template));
        }
    }
}
