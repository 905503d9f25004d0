package dev.muster.web;

import dev.muster.request.Fault;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// An answer that is a problem (RFC 9457).
///
/// @param name       the last part of its type, `urn:muster:problem:NAME`
/// @param title      what kind of problem it is
/// @param detail     what it was this time
/// @param faults     the faults of an invalid batch, or none
/// @param retryAfter when another try is worth it, or `null`
public record Problem(
        HttpStatus status,
        String name,
        String title,
        String detail,
        List<Fault> faults,
        @Nullable Duration retryAfter) {

    private static final JsonFactory JSON = new JsonFactory();

    static Problem of(HttpStatus status, String name, String title, String detail) {
        return new Problem(status, name, title, detail, List.of(), null);
    }

    /// What a status says by itself, for requests that came to no route of the contract, or to none at all.
    ///
    /// @param headers what goes with the status, such as `Allow`
    public static Problem ofStatus(HttpStatus status, HttpHeaders headers) {
        String name = status.name().toLowerCase(Locale.ROOT).replace('_', '-');
        String title = Character.toUpperCase(name.charAt(0)) + name.substring(1).replace('-', ' ');
        return of(status, name, title, detail(status, headers));
    }

    private static String detail(HttpStatus status, HttpHeaders headers) {
        return switch (status) {
            case NOT_FOUND -> "there is nothing at this path";
            case METHOD_NOT_ALLOWED ->
                "this path takes "
                        + headers.getAllow().stream().map(HttpMethod::name).collect(Collectors.joining(", "));
            case NOT_ACCEPTABLE -> "nothing that header Accept asks for is offered here";
            case CONTENT_TOO_LARGE -> "the body is longer than this path takes";
            case URI_TOO_LONG -> "the request line is longer than the server takes";
            case REQUEST_HEADER_FIELDS_TOO_LARGE -> "the headers are longer than the server takes";
            default ->
                status.is4xxClientError()
                        ? "the request cannot be read as it is"
                        : "the request could not be answered, which is no fault of it";
        };
    }

    static Problem invalidBatch(List<Fault> faults) {
        String detail = faults.size() == 1 ? "1 fault" : faults.size() + " faults";
        return new Problem(HttpStatus.BAD_REQUEST, "invalid-batch", "Invalid batch", detail, faults, null);
    }

    static Problem batchFailed(boolean timeRanOut, String detail) {
        return of(
                timeRanOut ? HttpStatus.GATEWAY_TIMEOUT : HttpStatus.BAD_GATEWAY,
                "batch-failed",
                "Batch failed",
                detail);
    }

    static Problem forbidden(List<Fault> faults) {
        return new Problem(HttpStatus.FORBIDDEN, "forbidden", "Forbidden", "this caller may not do this", faults, null);
    }

    static Problem overloaded(String detail, Duration retryAfter) {
        return new Problem(HttpStatus.SERVICE_UNAVAILABLE, "overloaded", "Overloaded", detail, List.of(), retryAfter);
    }

    static Problem rateLimited(String detail, Duration retryAfter) {
        return new Problem(HttpStatus.TOO_MANY_REQUESTS, "rate-limited", "Rate limited", detail, List.of(), retryAfter);
    }

    static Problem authenticationUnavailable(Duration retryAfter) {
        return new Problem(
                HttpStatus.SERVICE_UNAVAILABLE,
                "authentication-unavailable",
                "Authentication unavailable",
                "the issuer of tokens cannot be asked now",
                List.of(),
                retryAfter);
    }

    /// When another try is worth it, in whole seconds. Rounded up: less than it takes would invite the next
    /// refusal.
    OptionalLong retryAfterSeconds() {
        return retryAfter == null
                ? OptionalLong.empty()
                : OptionalLong.of(
                        Math.max(1, retryAfter.plusSeconds(1).minusNanos(1).toSeconds()));
    }

    /// The document.
    public byte[] toJson() {
        var out = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            writeMembers(json);
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    void writeMembers(JsonGenerator json) {
        json.writeStringProperty("type", "urn:muster:problem:" + name);
        json.writeStringProperty("title", title);
        json.writeNumberProperty("status", status.value());
        json.writeStringProperty("detail", detail);
        if (!faults.isEmpty()) {
            json.writeName("errors");
            json.writeStartArray();
            for (Fault fault : faults) {
                json.writeStartObject();
                json.writeStringProperty("pointer", fault.pointer());
                json.writeStringProperty("detail", fault.detail());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
    }
}
