package dev.muster.admission;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.SequencedCollection;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What waits, by caller: callers take turns, and of each it is first come, first served. So whoever wants little waits
/// behind as little of each of the others, however much they want.
final class Turns<E> {

    private record Line<E>(String caller, SequencedCollection<E> waiting) {}

    private final Supplier<SequencedCollection<E>> empty;
    /// Of every caller of whom something waits, in the order of their turns.
    private final ArrayDeque<Line<E>> lines = new ArrayDeque<>(2);
    private final Map<String, Line<E>> byCaller = new HashMap<>(2);
    private volatile int size;

    /// @param empty makes what keeps those of one caller in the order in which they came
    Turns(Supplier<SequencedCollection<E>> empty) {
        this.empty = empty;
    }

    /// How many wait, of all callers.
    int size() {
        return size;
    }

    synchronized void add(String caller, E one) {
        Line<E> line = byCaller.get(caller);
        if (line == null) {
            line = new Line<>(caller, empty.get());
            byCaller.put(caller, line);
            lines.add(line);
        }
        line.waiting().add(one);
        size++;
    }

    /// The one whose turn it is, which does not wait any more; `null` if nobody does.
    synchronized @Nullable E next() {
        Line<E> line = lines.poll();
        if (line == null) {
            return null;
        }
        E next = line.waiting().removeFirst();
        size--;
        if (line.waiting().isEmpty()) {
            byCaller.remove(line.caller());
        } else {
            lines.add(line);
        }
        return next;
    }

    /// Takes `one` of `caller` out, if it still waits.
    synchronized void remove(String caller, E one) {
        Line<E> line = byCaller.get(caller);
        if (line == null || !line.waiting().remove(one)) {
            return;
        }
        size--;
        if (line.waiting().isEmpty()) {
            byCaller.remove(caller);
            lines.remove(line);
        }
    }

    /// How many have their turn before one of `caller` that comes now: its own, and as many and one of each other.
    synchronized long before(String caller) {
        Line<E> own = byCaller.get(caller);
        long mine = own == null ? 0 : own.waiting().size();
        long before = 0;
        for (Line<E> line : lines) {
            before += Math.min(line.waiting().size(), mine + 1);
        }
        return before;
    }
}
