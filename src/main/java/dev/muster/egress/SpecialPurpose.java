package dev.muster.egress;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which addresses are not public unicast: the IANA special-purpose registries of IPv4 and IPv6, multicast, and what
/// lies outside the global unicast space.
///
/// Blocks that the registries call globally reachable (AS112, AMT, 6to4 relays) are refused with the rest: no
/// upstream lives there. A network that translates with a NAT64 prefix of its own (not `64:ff9b::/96`) has to deny it.
final class SpecialPurpose {

    private static final List<Block> IPV4 = List.of(
            block("0.0.0.0/8", "\"this network\""),
            block("10.0.0.0/8", "private-use"),
            block("100.64.0.0/10", "carrier-grade NAT"),
            block("127.0.0.0/8", "loopback"),
            block("169.254.0.0/16", "link-local"),
            block("172.16.0.0/12", "private-use"),
            block("192.0.0.0/24", "protocol assignment"),
            block("192.0.2.0/24", "documentation"),
            block("192.31.196.0/24", "AS112"),
            block("192.52.193.0/24", "AMT relay"),
            block("192.88.99.0/24", "6to4 relay"),
            block("192.168.0.0/16", "private-use"),
            block("192.175.48.0/24", "AS112"),
            block("198.18.0.0/15", "benchmarking"),
            block("198.51.100.0/24", "documentation"),
            block("203.0.113.0/24", "documentation"),
            block("224.0.0.0/4", "multicast"),
            block("240.0.0.0/4", "reserved"));

    // The first that matches names an address, so the rest of a range stands behind its parts.
    private static final List<Block> IPV6 = List.of(
            block("::/128", "unspecified"),
            block("::1/128", "loopback"),
            block("::/96", "IPv4-compatible"),
            block("::ffff:0:0:0/96", "IPv4-translated"),
            block("64:ff9b:1::/48", "local-use NAT64"),
            block("100::/64", "discard-only"),
            block("100:0:0:1::/64", "dummy prefix"),
            block("2001::/32", "Teredo"),
            block("2001::/23", "protocol assignment"),
            block("2001:db8::/32", "documentation"),
            block("2002::/16", "6to4"),
            block("2620:4f:8000::/48", "AS112"),
            block("3fff::/20", "documentation"),
            block("5f00::/16", "segment routing"),
            block("fc00::/7", "unique local"),
            block("fe80::/10", "link-local"),
            block("fec0::/10", "site-local"),
            block("ff00::/8", "multicast"));

    private static final CidrBlock GLOBAL_UNICAST = CidrBlock.parse("2000::/3");

    private SpecialPurpose() {}

    /// What the address is instead of public unicast, or null when it is just that. A NAT64 address is what the
    /// IPv4 address in it is.
    static @Nullable String of(IpAddress address) {
        IpAddress destination = address.translated();
        for (Block block : destination.isIpv4() ? IPV4 : IPV6) {
            if (block.range().contains(destination)) {
                return block.purpose();
            }
        }
        return destination.isIpv4() || GLOBAL_UNICAST.contains(destination) ? null : "reserved";
    }

    private static Block block(String range, String purpose) {
        return new Block(CidrBlock.parse(range), purpose);
    }

    private record Block(CidrBlock range, String purpose) {}
}
