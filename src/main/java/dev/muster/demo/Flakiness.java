package dev.muster.demo;

import java.util.LinkedHashMap;
import java.util.Map;

/// Remembers how often each key was asked for, of the keys asked for last. Safe for use by several threads.
final class Flakiness {

    private static final int MOST_KEYS = 1_000;

    private final Map<String, Integer> attempts = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > MOST_KEYS;
        }
    };

    /// The number of this attempt at `key`, from 1.
    synchronized int attempt(String key) {
        return attempts.merge(key, 1, Integer::sum);
    }
}
