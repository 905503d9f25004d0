package dev.muster.bench;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the command line asks for.
///
/// @param quick       shorter and fewer rounds: to see that everything works, not to quote
/// @param list        only to say which rows there are
/// @param only        the rows to take; empty for all
/// @param javaOptions options of the measured Muster's JVM
/// @param against     the commit that the row `against` is held against, and then the only row unless others are asked
/// for
record Settings(
        boolean quick,
        boolean list,
        List<String> only,
        List<String> javaOptions,
        @Nullable String against) {

    static Settings parse(String[] arguments) {
        boolean quick = false;
        boolean list = false;
        List<String> only = new ArrayList<>();
        List<String> javaOptions = new ArrayList<>();
        String against = null;
        var left = List.of(arguments).iterator();
        while (left.hasNext()) {
            switch (left.next()) {
                case "--quick" -> quick = true;
                case "--list" -> list = true;
                case "--only" -> only.addAll(List.of(left.next().split(",", -1)));
                case "--java-options" ->
                    javaOptions.addAll(List.of(left.next().strip().split(" +", -1)));
                case "--against" -> against = left.next();
                case String unknown -> throw new IllegalArgumentException("unknown option " + unknown);
            }
        }
        if (against != null && only.isEmpty()) {
            only.add("against");
        }
        return new Settings(quick, list, List.copyOf(only), List.copyOf(javaOptions), against);
    }

    int rounds() {
        return quick ? 3 : 5;
    }

    /// How long a round under load lasts.
    int roundSeconds() {
        return quick ? 4 : 8;
    }

    /// How long a server is loaded before the first round.
    int warmUpSeconds() {
        return quick ? 12 : 32;
    }

    <T> T choose(T whenQuick, T otherwise) {
        return quick ? whenQuick : otherwise;
    }
}
