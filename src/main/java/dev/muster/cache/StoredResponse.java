package dev.muster.cache;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A response that is kept, and what has to be known to reuse it.
///
/// @param response     without what belonged to its connection, and without `Age`
/// @param selecting    the headers that its `Vary` names, as the request had them
/// @param date         when the upstream made it
/// @param requestTime  just before it was asked for
/// @param responseTime when it was received
/// @param initialAge   how old it was then
record StoredResponse(
        CacheResponse response,
        Map<String, String> selecting,
        Instant date,
        Instant requestTime,
        Instant responseTime,
        Duration initialAge,
        Freshness freshness) {

    /// Header fields of a single connection or proxy (RFC 9111, section 3.1).
    private static final Set<String> NOT_STORED = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authentication-info",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /// Header fields of a 304 that do not hold for the body that is stored, whole and decompressed (section 3.2).
    private static final Set<String> NOT_UPDATED = Set.of("content-encoding", "content-length", "content-range");

    /// What there is to store of `response`, or `null` if its `Vary` is `*`, which nothing matches (section 4.1).
    static @Nullable StoredResponse of(
            CacheRequest request,
            CacheResponse response,
            Audience audience,
            Instant requestTime,
            Instant responseTime) {
        List<String> vary = response.members("vary");
        if (vary.contains("*")) {
            return null;
        }
        Map<String, String> selecting = new TreeMap<>();
        vary.forEach(name -> selecting.put(name, selectingValue(request, name)));
        Instant date = date(response, responseTime);
        return new StoredResponse(
                response.withHeaders(storable(response)),
                selecting,
                date,
                requestTime,
                responseTime,
                initialAge(response, date, requestTime, responseTime),
                Freshness.of(response, audience.isShared(request), date));
    }

    /// How old `response` was when it was received (section 4.2.3).
    static Duration initialAge(CacheResponse response, Instant requestTime, Instant responseTime) {
        return initialAge(response, date(response, responseTime), requestTime, responseTime);
    }

    /// Whether `request` selects this response among those for its URI (section 4.1).
    boolean isSelectedBy(CacheRequest request) {
        return selecting.entrySet().stream()
                .allMatch(field -> field.getValue().equals(selectingValue(request, field.getKey())));
    }

    /// Its age at `now` (section 4.2.3).
    Duration age(Instant now) {
        Duration residentTime = Duration.between(responseTime, now);
        return residentTime.isNegative() ? initialAge : initialAge.plus(residentTime);
    }

    /// The header fields that ask whether `response` still holds (section 4.3.1); none if it has no validator.
    static Map<String, List<String>> conditions(CacheResponse response) {
        Map<String, List<String>> conditions = new LinkedHashMap<>();
        String etag = response.first("etag");
        String lastModified = response.first("last-modified");
        if (etag != null) {
            conditions.put("if-none-match", List.of(etag));
        }
        if (lastModified != null) {
            conditions.put("if-modified-since", List.of(lastModified));
        }
        return conditions;
    }

    /// Whether `notModified` speaks of `stored`, and not of another response that the upstream takes us to have
    /// (section 4.3.4).
    static boolean validates(CacheResponse notModified, CacheResponse stored) {
        String etag = notModified.first("etag");
        String lastModified = notModified.first("last-modified");
        if (etag != null) {
            return opaque(etag).equals(opaque(stored.first("etag")));
        }
        // An entity tag was asked for, and is the better witness, where there is one.
        return stored.first("etag") != null
                || lastModified == null
                || Objects.equals(lastModified, stored.first("last-modified"));
    }

    /// `stored` with what `notModified` tells anew (section 3.2).
    static CacheResponse updated(CacheResponse stored, CacheResponse notModified) {
        Map<String, List<String>> headers = new LinkedHashMap<>(stored.headers());
        headers.remove("date");
        storable(notModified).forEach((name, values) -> {
            if (!NOT_UPDATED.contains(name)) {
                headers.put(name, values);
            }
        });
        if (notModified.first("age") != null) {
            headers.put("age", notModified.values("age"));
        }
        return stored.withHeaders(headers);
    }

    private static Duration initialAge(
            CacheResponse response, Instant date, Instant requestTime, Instant responseTime) {
        String age = response.first("age");
        Duration said = age == null ? null : DeltaSeconds.parse(age.split(",", 2)[0].strip());
        Duration delay = notNegative(Duration.between(requestTime, responseTime));
        Duration corrected = said == null ? delay : said.plus(delay);
        Duration apparent = notNegative(Duration.between(date, responseTime));
        return apparent.compareTo(corrected) > 0 ? apparent : corrected;
    }

    /// A response without a date was made when it was received (RFC 9110, section 6.6.1).
    private static Instant date(CacheResponse response, Instant responseTime) {
        String date = response.first("date");
        Instant said = date == null ? null : HttpDate.parse(date);
        return said == null ? responseTime : said;
    }

    private static Map<String, List<String>> storable(CacheResponse response) {
        Set<String> nominated = new HashSet<>(response.members("connection"));
        Map<String, List<String>> headers = new LinkedHashMap<>(response.headers());
        headers.replaceAll((_, values) -> List.copyOf(values));
        headers.keySet().removeIf(name -> NOT_STORED.contains(name) || nominated.contains(name) || name.equals("age"));
        return headers;
    }

    /// The lines of a field are the same as one line with commas (RFC 9110, section 5.3).
    private static String selectingValue(CacheRequest request, String name) {
        List<String> lines = request.headers().get(name);
        return lines == null ? "" : "=" + String.join(", ", lines);
    }

    private static String opaque(@Nullable String etag) {
        return etag == null ? "" : etag.startsWith("W/") ? etag.substring(2) : etag;
    }

    private static Duration notNegative(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration;
    }
}
