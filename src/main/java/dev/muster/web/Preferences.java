package dev.muster.web;

import dev.muster.request.Fault;
import dev.muster.request.InvalidBatchException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.server.ServerRequest;

/// How a client would like to be answered (RFC 7240), and by which key it may ask for the same once more. What is not
/// known, or makes no sense, is no preference.
///
/// @param respondAsync   whether it would rather not wait for the end
/// @param patience       how long it would wait, or `null` if it does not say
/// @param idempotencyKey what it calls the batch by, or `null`
record Preferences(
        boolean respondAsync,
        @Nullable Duration patience,
        @Nullable String idempotencyKey) {

    private static final String PREFER = "Prefer";
    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";
    private static final Pattern WAIT = Pattern.compile("wait\\s*=\\s*\"?(\\d{1,9})\"?");
    private static final Pattern KEY = Pattern.compile("[!-~]{1,255}");
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    /// @throws InvalidBatchException if the key is none
    static Preferences of(ServerRequest.Headers headers) {
        boolean async = false;
        Duration wait = null;
        for (String header : headers.header(PREFER)) {
            for (String preference : header.toLowerCase(Locale.ROOT).split(",", -1)) {
                String stated = preference.split(";", 2)[0].strip();
                Matcher waiting = WAIT.matcher(stated);
                async |= stated.equals("respond-async");
                // Of two that contradict each other, the first holds.
                if (wait == null && waiting.matches()) {
                    wait = Duration.ofSeconds(Long.parseLong(waiting.group(1)));
                }
            }
        }
        return new Preferences(
                async, wait == null || wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT, key(headers));
    }

    private static @Nullable String key(ServerRequest.Headers headers) {
        List<String> keys = headers.header(IDEMPOTENCY_KEY);
        if (keys.isEmpty()) {
            return null;
        }
        if (keys.size() > 1 || !KEY.matcher(keys.getFirst()).matches()) {
            throw new InvalidBatchException(List.of(new Fault(
                    "#",
                    "header %s must be one value of 1 to 255 visible ASCII characters".formatted(IDEMPOTENCY_KEY))));
        }
        return keys.getFirst();
    }

    /// How long it waits for the end of a batch.
    Duration untilEnd() {
        return patience == null ? Duration.ZERO : patience;
    }

    /// The preferences that were heeded, as `Preference-Applied` tells; empty if there were none.
    String applied() {
        List<String> applied = new ArrayList<>();
        if (respondAsync) {
            applied.add("respond-async");
        }
        if (patience != null) {
            applied.add("wait=" + patience.toSeconds());
        }
        return String.join(", ", applied);
    }
}
