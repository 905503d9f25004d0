package dev.muster.egress;

import java.util.BitSet;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The ports that may be called. Port 0 is never one of them.
final class PortSet {

    private static final String PROPERTY = "muster.egress.ports";
    private static final int MAX = 65_535;
    private static final Pattern ENTRY = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?");

    private final BitSet ports = new BitSet(MAX + 1);

    /// Reads the entries: a port, a range `8000-8999` with both ends, or `*` for any port.
    ///
    /// @param found takes the name of an element that is none of these, and the rule that it breaks
    PortSet(List<String> entries, BiConsumer<String, String> found) {
        for (int i = 0; i < entries.size(); i++) {
            if (!add(entries.get(i))) {
                found.accept(
                        "%s[%d]".formatted(PROPERTY, i),
                        "'%s': an entry is a port from 1 to %d, a range such as 8000-8999, or *"
                                .formatted(entries.get(i), MAX));
            }
        }
    }

    boolean contains(int port) {
        return port > 0 && ports.get(port);
    }

    private boolean add(String entry) {
        if (entry.equals("*")) {
            ports.set(1, MAX + 1);
            return true;
        }
        Matcher matcher = ENTRY.matcher(entry);
        if (!matcher.matches()) {
            return false;
        }
        int first = Integer.parseInt(matcher.group(1));
        int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
        if (first < 1 || last > MAX || last < first) {
            return false;
        }
        ports.set(first, last + 1);
        return true;
    }
}
