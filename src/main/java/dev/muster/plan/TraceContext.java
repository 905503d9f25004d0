package dev.muster.plan;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The W3C trace context of a client's request (<https://www.w3.org/TR/trace-context/>), as it is passed on to every
/// upstream. What is not valid is left out: a half-understood context would tie spans together that do not belong
/// together.
final class TraceContext {

    static final String TRACE_PARENT = "traceparent";
    static final String TRACE_STATE = "tracestate";

    /// A later version may have more fields; `ff` is none.
    private static final Pattern PARENT = Pattern.compile(
            "(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]{1,256})?");
    private static final Pattern MEMBER = Pattern.compile(
            "([a-z0-9][a-z0-9_*/-]{0,255}(@[a-z0-9][a-z0-9_*/-]{0,240})?)=[ -+\\--<>-~]{0,255}[!-+\\--<>-~]");
    private static final int MOST_MEMBERS = 32;
    private static final int MOST_STATE_CHARACTERS = 512;

    private TraceContext() {}

    /// What of `inbound` is a valid trace context, by lower-cased name.
    static Map<String, List<String>> of(Map<String, List<String>> inbound) {
        List<String> parents = inbound.getOrDefault(TRACE_PARENT, List.of());
        if (parents.size() != 1 || !isParent(parents.getFirst())) {
            return Map.of();
        }
        String state = state(inbound.getOrDefault(TRACE_STATE, List.of()));
        return state == null
                ? Map.of(TRACE_PARENT, parents)
                : Map.of(TRACE_PARENT, parents, TRACE_STATE, List.of(state));
    }

    private static boolean isParent(String parent) {
        return PARENT.matcher(parent).matches() && (!parent.startsWith("00") || parent.length() == 55);
    }

    /// One value of all that came, or `null` if there is none, or one that is not valid.
    private static @Nullable String state(List<String> values) {
        List<String> members = values.stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .map(String::strip)
                .filter(member -> !member.isEmpty())
                .toList();
        String state = String.join(",", members);
        Set<String> keys = new HashSet<>();
        boolean valid = !members.isEmpty()
                && members.size() <= MOST_MEMBERS
                && state.length() <= MOST_STATE_CHARACTERS
                && members.stream()
                        .allMatch(member ->
                                MEMBER.matcher(member).matches() && keys.add(member.substring(0, member.indexOf('='))));
        return valid ? state : null;
    }
}
