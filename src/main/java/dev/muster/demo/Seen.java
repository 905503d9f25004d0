package dev.muster.demo;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What this upstream saw of its clients: the other side's view of timeouts, cancellations and leaks.
///
/// Safe for use by several threads; every snapshot is consistent: `started` is always the sum of `completed`,
/// `aborted`, `reset` and `inFlight`.
final class Seen {

    /// How a request ended.
    enum Ending {
        /// The whole answer was handed to the socket.
        COMPLETED,
        /// The client went away before that.
        ABORTED,
        /// The simulator cut the connection on purpose.
        RESET
    }

    private final Map<String, Tally> paths = new TreeMap<>();
    private long maxInFlight;
    private long openConnections;
    private long maxConnections;

    /// Counts a connection; the caller owes one [#disconnected()].
    synchronized void connected() {
        openConnections++;
        maxConnections = Math.max(maxConnections, openConnections);
    }

    synchronized void disconnected() {
        openConnections--;
    }

    /// Counts a request under its path pattern; the caller owes one [Visit#end].
    synchronized Visit begin(String pattern) {
        Tally tally = paths.computeIfAbsent(pattern, added -> new Tally());
        tally.started++;
        maxInFlight = Math.max(maxInFlight, inFlight());
        return new Visit(tally);
    }

    /// Starts counting anew. What is still in flight, or still connected, stays counted.
    synchronized void clear() {
        paths.values().forEach(Tally::forgetEnded);
        paths.values().removeIf(tally -> tally.started == 0);
        maxInFlight = inFlight();
        maxConnections = openConnections;
    }

    synchronized Totals snapshot() {
        Map<String, PathCounts> counts = paths.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().counts(), (one, same) -> one, TreeMap::new));
        PathCounts total = counts.values().stream().reduce(PathCounts.NONE, PathCounts::plus);
        return new Totals(total, maxInFlight, openConnections, maxConnections, counts);
    }

    private long inFlight() {
        return paths.values().stream().mapToLong(Tally::inFlight).sum();
    }

    /// One request from its headers to its end.
    final class Visit {

        private final Tally tally;

        private Visit(Tally tally) {
            this.tally = tally;
        }

        void end(Ending ending) {
            synchronized (Seen.this) {
                switch (ending) {
                    case COMPLETED -> tally.completed++;
                    case ABORTED -> tally.aborted++;
                    case RESET -> tally.reset++;
                }
            }
        }
    }

    private static final class Tally {

        private long started;
        private long completed;
        private long aborted;
        private long reset;

        private long inFlight() {
            return started - completed - aborted - reset;
        }

        private void forgetEnded() {
            started = inFlight();
            completed = 0;
            aborted = 0;
            reset = 0;
        }

        private PathCounts counts() {
            return new PathCounts(started, completed, aborted, reset, inFlight());
        }
    }

    /// The requests of one path pattern.
    record PathCounts(long started, long completed, long aborted, long reset, long inFlight) {

        private static final PathCounts NONE = new PathCounts(0, 0, 0, 0, 0);

        private PathCounts plus(PathCounts other) {
            return new PathCounts(
                    started + other.started,
                    completed + other.completed,
                    aborted + other.aborted,
                    reset + other.reset,
                    inFlight + other.inFlight);
        }
    }

    /// The answer of `/seen`: all requests but those to `/seen` itself, and all connections, the asking one among
    /// them.
    record Totals(
            @JsonUnwrapped PathCounts requests,
            long maxInFlight,
            long openConnections,
            long maxConnections,
            Map<String, PathCounts> paths) {}
}
