package dev.muster.request;

import dev.muster.template.JsonTemplate;
import dev.muster.template.JsonValue;
import dev.muster.template.Place;
import dev.muster.template.Reference;
import dev.muster.template.Template;
import dev.muster.template.UnusableValueException;
import dev.muster.template.Values;
import dev.muster.url.HttpUrl;
import dev.muster.url.PathBelow;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What of a call is not known before values are there.
///
/// Whatever the values are, the call keeps its scheme, host and port and the segments of its path, and no limit is
/// exceeded that holds for one that came without templates.
///
/// @param url     its `url`, or its `path` below a service; absent where it has no template
/// @param headers by lower-cased name those with a template, all their values
/// @param body    absent where it has no template
/// @param known   the values that are there already
public record CallTemplate(
        @Nullable Template url,
        Map<String, List<Template>> headers,
        @Nullable BodyTemplate body,
        Values known) {

    /// A body with templates.
    sealed interface BodyTemplate {

        record OfJson(JsonTemplate template) implements BodyTemplate {}

        /// Text under a content type that is not JSON.
        record OfText(Template template, String contentType) implements BodyTemplate {}
    }

    private static final JsonValue STAND_IN = JsonValue.of(0);

    Stream<Reference> references() {
        return Stream.of(
                        url == null ? Stream.<Reference>empty() : url.references().stream(),
                        headers.values().stream().flatMap(List::stream).flatMap(value -> value.references().stream()),
                        bodyReferences())
                .flatMap(all -> all);
    }

    private Stream<Reference> bodyReferences() {
        return switch (body) {
            case null -> Stream.empty();
            case BodyTemplate.OfJson(JsonTemplate template) -> template.references().stream();
            case BodyTemplate.OfText(Template template, String _) -> template.references().stream();
        };
    }

    /// Those of the references whose values have to be text.
    Stream<Reference> texts() {
        return body instanceof BodyTemplate.OfJson(JsonTemplate template)
                ? Stream.concat(new CallTemplate(url, headers, null, known).references(), template.texts().stream())
                : references();
    }

    CallTemplate with(Values values) {
        return new CallTemplate(url, headers, body, values);
    }

    /// What `url` or `path` was written as, if it is a template.
    public @Nullable String writtenUrl() {
        return url == null ? null : url.text();
    }

    /// Whether `values` would do as far as they go.
    ///
    /// @throws UnusableValueException if one of them cannot stand where it has to
    void check(CallRequest open, Values values, int mostBodyBytes) {
        finish(open, values.or(_ -> STAND_IN), mostBodyBytes);
    }

    CallRequest finish(CallRequest open, Values others, int mostBodyBytes) {
        Values values = known.or(others);
        Target target = url == null ? open.target() : target(open.target(), url, values);
        RequestMessage message = open.message();
        Map<String, List<String>> finished = headers.isEmpty() ? message.headers() : headers(message, values);
        RequestBody sent = switch (body) {
            case null -> message.body();
            case BodyTemplate.OfJson(JsonTemplate template) ->
                new RequestBody(template.finish(values, mostBodyBytes), CallReader.JSON);
            case BodyTemplate.OfText(Template template, String contentType) ->
                text(template, contentType, values, mostBodyBytes);
        };
        return open.met(target, new RequestMessage(message.method(), finished, sent));
    }

    private static Target target(Target open, Template template, Values values) {
        int query = template.standIn().indexOf('?');
        String text = template.finish(
                values, at -> query < 0 || at < query ? Place.PATH : Place.QUERY, FieldReader.MOST_CHARACTERS);
        Reference last = template.references().getLast();
        if (HttpUrl.length(text) > FieldReader.MOST_CHARACTERS) {
            throw new UnusableValueException(last, "is too long for a URL");
        }
        return switch (open) {
            case Target.ServicePath(String service, String _) -> {
                requireBelow(text, last);
                yield new Target.ServicePath(service, text);
            }
            case Target.Url _ -> {
                URI uri = parse(text, last);
                requireBelow(uri.getRawPath(), last);
                yield new Target.Url(text, uri);
            }
        };
    }

    private static URI parse(String text, Reference last) {
        try {
            return HttpUrl.parse(text);
        } catch (URISyntaxException impossible) {
            throw new UnusableValueException(last, "makes no valid URL");
        }
    }

    private static void requireBelow(String path, Reference last) {
        int query = path.indexOf('?');
        if (PathBelow.mayBeLeft(query < 0 ? path : path.substring(0, query))) {
            throw new UnusableValueException(last, "would leave its path segment");
        }
    }

    private Map<String, List<String>> headers(RequestMessage message, Values values) {
        Map<String, List<String>> finished = new LinkedHashMap<>(message.headers());
        headers.forEach((name, templates) -> {
            List<String> lines = new ArrayList<>(templates.size());
            for (Template template : templates) {
                lines.add(line(template, values));
            }
            finished.put(name, List.copyOf(lines));
        });
        if (CallReader.size(finished) > CallReader.MOST_HEADER_BYTES) {
            throw new UnusableValueException(
                    headers.values().stream()
                            .flatMap(List::stream)
                            .flatMap(template -> template.references().stream())
                            .reduce((_, last) -> last)
                            .orElseThrow(),
                    "is too long: headers have at most %d bytes in all".formatted(CallReader.MOST_HEADER_BYTES));
        }
        return Collections.unmodifiableMap(finished);
    }

    private static String line(Template template, Values values) {
        String line = template.finish(values, _ -> Place.TEXT, CallReader.MOST_HEADER_BYTES);
        HeaderRules.faultOfValue(line).ifPresent(fault -> {
            throw new UnusableValueException(template.references().getLast(), "makes no header value: it " + fault);
        });
        return line;
    }

    private static RequestBody text(Template template, String contentType, Values values, int most) {
        String text = template.finish(values, _ -> Place.TEXT, most);
        byte[] encoded = CallReader.encode(text, contentType);
        if (encoded == null || encoded.length > most) {
            throw new UnusableValueException(
                    template.references().getLast(),
                    encoded == null
                            ? "cannot be written in the charset of the content-type"
                            : "is too long: a body has at most %d bytes".formatted(most));
        }
        return new RequestBody(encoded, contentType);
    }
}
