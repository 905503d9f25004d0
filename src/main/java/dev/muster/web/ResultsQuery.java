package dev.muster.web;

import dev.muster.request.Fault;
import dev.muster.request.InvalidBatchException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.server.ServerRequest;

/// Which results of a batch a client asks for.
///
/// @param after the number of the last that it has, or 0
/// @param limit how many it wants at most, of a document
record ResultsQuery(long after, int limit) {

    private static final String AFTER = "after";
    private static final String LIMIT = "limit";
    private static final Set<String> PARAMETERS = Set.of(AFTER, LIMIT);
    private static final String LAST_EVENT_ID = "Last-Event-ID";
    private static final int USUAL_LIMIT = 100;
    private static final int MOST_LIMIT = 1_000;

    /// A client whose stream broke off tells by a header how far it was, whatever it had asked for.
    ///
    /// @throws InvalidBatchException if what it says is no such number
    static ResultsQuery of(ServerRequest request) {
        if (!PARAMETERS.containsAll(request.queryParams().keySet())) {
            throw fault("#", "unknown parameter: results have after and limit");
        }
        long after = number(
                parameter(request, AFTER), 0, Long.MAX_VALUE, 0, "#/" + AFTER, "must be a whole number of at least 0");
        long limit = number(
                parameter(request, LIMIT),
                1,
                MOST_LIMIT,
                USUAL_LIMIT,
                "#/" + LIMIT,
                "must be a whole number from 1 to " + MOST_LIMIT);
        String last = request.headers().firstHeader(LAST_EVENT_ID);
        if (last != null && !last.isEmpty()) {
            after = number(
                    last, 0, Long.MAX_VALUE, 0, "#", "header %s must be the id of an event".formatted(LAST_EVENT_ID));
        }
        return new ResultsQuery(after, (int) limit);
    }

    private static @Nullable String parameter(ServerRequest request, String name) {
        return request.queryParam(name).orElse(null);
    }

    private static long number(
            @Nullable String text, long least, long most, long otherwise, String pointer, String rule) {
        if (text == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException invalid) {
            // the refusal below says what is wrong with either
        }
        throw fault(pointer, rule);
    }

    private static InvalidBatchException fault(String pointer, String detail) {
        return new InvalidBatchException(List.of(new Fault(pointer, detail)));
    }
}
