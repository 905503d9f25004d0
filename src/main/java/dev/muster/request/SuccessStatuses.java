package dev.muster.request;

import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// The HTTP statuses that count as success, from words such as `2xx` and `404`.
public final class SuccessStatuses {

    /// `2xx` and `3xx`.
    public static final SuccessStatuses DEFAULT = of(List.of("2xx", "3xx"));

    private final BitSet statuses;

    private SuccessStatuses(BitSet statuses) {
        this.statuses = statuses;
    }

    /// The statuses that `words` name; each must be a valid word.
    public static SuccessStatuses of(List<String> words) {
        var statuses = new BitSet(600);
        words.forEach(word -> statuses.or(parse(word).orElseThrow(() -> new IllegalArgumentException(word))));
        return new SuccessStatuses(statuses);
    }

    static boolean isValid(String word) {
        return parse(word).isPresent();
    }

    private static Optional<BitSet> parse(String word) {
        if (word.length() != 3 || word.charAt(0) < '1' || word.charAt(0) > '5') {
            return Optional.empty();
        }
        var statuses = new BitSet(600);
        if (word.endsWith("xx")) {
            int first = (word.charAt(0) - '0') * 100;
            statuses.set(first, first + 100);
        } else if (word.chars().allMatch(c -> c >= '0' && c <= '9')) {
            statuses.set(Integer.parseInt(word));
        } else {
            return Optional.empty();
        }
        return Optional.of(statuses);
    }

    /// Whether `status` counts as success.
    public boolean contains(int status) {
        return statuses.get(status);
    }
}
