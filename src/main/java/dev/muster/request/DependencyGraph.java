package dev.muster.request;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Which calls of a document need which others, as it is read.
final class DependencyGraph {

    /// Most calls on the way from one that needs none to one that needs it, both included.
    static final int MOST_LEVELS = 100;

    private final Map<String, Integer> indexById = new HashMap<>();
    private final List<Mention> mentions = new ArrayList<>();

    /// A place where a call says that it needs another.
    private record Mention(String pointer, int index, String id) {}

    /// Gives the call at `index` its id.
    ///
    /// @return the index of the call that has it already, or `null`
    @Nullable
    Integer claim(String id, int index) {
        return indexById.putIfAbsent(id, index);
    }

    /// Notes that the call at `index` needs the one with `id`, as it says at `pointer`.
    void mention(String pointer, int index, String id) {
        mentions.add(new Mention(pointer, index, id));
    }

    /// Notes every call that there is not, every circle, and what is too deep.
    void check(Faults faults) {
        if (mentions.isEmpty()) {
            return;
        }
        Map<Integer, Set<Integer>> needs = new TreeMap<>();
        for (Mention mention : mentions) {
            Integer needed = indexById.get(mention.id());
            if (needed == null) {
                faults.add(mention.pointer(), "needs call %s, which this batch does not have".formatted(mention.id()));
            } else {
                needs.computeIfAbsent(mention.index(), _ -> new LinkedHashSet<>())
                        .add(needed);
            }
        }
        new Levels(needs, faults).check();
    }

    /// Takes calls away whose needs are all taken away, one level after the other.
    private final class Levels {

        private final Map<Integer, Set<Integer>> needs;
        private final Map<Integer, List<Integer>> neededBy = new HashMap<>();
        private final Map<Integer, Integer> open = new TreeMap<>();
        private final Map<Integer, Integer> levels = new HashMap<>();
        private final Deque<Integer> next = new ArrayDeque<>();
        private final Faults faults;

        private Levels(Map<Integer, Set<Integer>> needs, Faults faults) {
            this.needs = needs;
            this.faults = faults;
            needs.forEach((index, needed) -> {
                open.put(index, needed.size());
                needed.forEach(other ->
                        neededBy.computeIfAbsent(other, _ -> new ArrayList<>()).add(index));
            });
        }

        private void check() {
            neededBy.keySet().stream().filter(index -> !open.containsKey(index)).forEach(index -> take(index, 1));
            takeAll();
            while (!open.isEmpty()) {
                List<Integer> circle = circle(open.keySet().iterator().next());
                faults.add("#/requests/" + circle.getFirst(), "needs itself: " + describe(circle));
                circle.forEach(index -> {
                    if (open.remove(index) != null) {
                        take(index, 1);
                    }
                });
                takeAll();
            }
        }

        private void take(int index, int level) {
            levels.put(index, level);
            next.add(index);
        }

        private void takeAll() {
            for (Integer taken = next.poll(); taken != null; taken = next.poll()) {
                for (int index : neededBy.getOrDefault(taken, List.of())) {
                    Integer left = open.get(index);
                    if (left != null && left == 1) {
                        open.remove(index);
                        take(index, level(index));
                    } else if (left != null) {
                        open.put(index, left - 1);
                    }
                }
            }
        }

        private int level(int index) {
            int level = 1
                    + needs.getOrDefault(index, Set.of()).stream()
                            .mapToInt(needed -> levels.getOrDefault(needed, 0))
                            .max()
                            .orElse(0);
            if (level == MOST_LEVELS + 1) {
                faults.add(
                        "#/requests/" + index,
                        "is on level %d of calls that need each other, of at most %d".formatted(level, MOST_LEVELS));
            }
            return level;
        }

        /// The circle that the way from `start` along open calls ends in, its first call once more at the end.
        private List<Integer> circle(int start) {
            List<Integer> way = new ArrayList<>();
            Map<Integer, Integer> places = new HashMap<>();
            int at = start;
            while (!places.containsKey(at)) {
                places.put(at, way.size());
                way.add(at);
                at = needs.getOrDefault(at, Set.of()).stream()
                        .filter(open::containsKey)
                        .findFirst()
                        .orElseThrow();
            }
            way.add(at);
            return way.subList(places.get(at), way.size());
        }

        private String describe(List<Integer> circle) {
            Map<Integer, String> ids = new HashMap<>();
            indexById.forEach((id, index) -> ids.put(index, id));
            List<String> names = circle.stream()
                    .limit(10)
                    .map(index -> String.valueOf(ids.get(index)))
                    .toList();
            return String.join(" needs ", names) + (circle.size() > names.size() ? " needs …" : "");
        }
    }
}
