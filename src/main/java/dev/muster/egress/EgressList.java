package dev.muster.egress;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/// The hosts and addresses that one of the two configured lists names.
final class EgressList {

    private final Set<String> hosts = new HashSet<>();
    private final List<String> suffixes = new ArrayList<>();
    private final List<CidrBlock> blocks = new ArrayList<>();

    /// Reads the entries of `property`, and leaves out what is none.
    ///
    /// @param found takes the name of an element and the rule that it breaks
    EgressList(String property, List<String> entries, BiConsumer<String, String> found) {
        for (int i = 0; i < entries.size(); i++) {
            try {
                add(entries.get(i));
            } catch (IllegalArgumentException e) {
                found.accept("%s[%d]".formatted(property, i), "'%s': %s".formatted(entries.get(i), e.getMessage()));
            }
        }
    }

    /// Whether an entry names `host`, itself or by its suffix.
    boolean names(String host) {
        if (hosts.contains(host)) {
            return true;
        }
        for (String suffix : suffixes) {
            if (host.endsWith(suffix)) {
                return true;
            }
        }
        return false;
    }

    /// Whether there are entries that are names.
    boolean hasNames() {
        return !hosts.isEmpty() || !suffixes.isEmpty();
    }

    /// Whether an entry is, or has in its block, `address`.
    boolean contains(IpAddress address) {
        for (CidrBlock block : blocks) {
            if (block.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /// Whether an entry is `address` and no other.
    boolean lists(IpAddress address) {
        return blocks.contains(CidrBlock.of(address));
    }

    private void add(String entry) {
        if (entry.indexOf('/') >= 0) {
            blocks.add(CidrBlock.parse(entry));
        } else if (entry.startsWith("*.")) {
            suffixes.add('.' + checkedName(Authority.of(entry.substring(2), 0).host()));
        } else {
            String host = Authority.of(entry, 0).host();
            IpAddress address = IpAddress.parse(host);
            if (address == null) {
                hosts.add(checkedName(host));
            } else {
                blocks.add(CidrBlock.of(address));
            }
        }
    }

    private static String checkedName(String name) {
        String fault = HostName.fault(name);
        if (fault != null) {
            throw new IllegalArgumentException(
                    "an entry is a CIDR block, an IP address, a host name or *.suffix; " + fault);
        }
        return name;
    }
}
