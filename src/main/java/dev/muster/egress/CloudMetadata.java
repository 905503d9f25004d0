package dev.muster.egress;

import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Where clouds keep what only the machine itself may read: its credentials, its user data, its network's resolver.
///
/// Some of these addresses look public, others lie in blocks that networks use for their own hosts: a policy that
/// allows such a block does not thereby open them.
final class CloudMetadata {

    private static final Set<IpAddress> ADDRESSES = Stream.of(
                    // Alibaba Cloud
                    "100.100.100.200",
                    // Azure
                    "168.63.129.16",
                    // Scaleway, Tencent Cloud
                    "169.254.42.42",
                    "169.254.0.23",
                    // AWS: tasks and pods, Rancher, resolver and time
                    "169.254.170.2",
                    "169.254.170.23",
                    "169.254.169.250",
                    "169.254.169.253",
                    "169.254.169.123",
                    // AWS, Azure, Google Cloud, Oracle, OpenStack, DigitalOcean, Hetzner, …
                    "169.254.169.254",
                    // Oracle Cloud, its older one
                    "192.0.0.192",
                    // Equinix Metal
                    "192.80.8.124",
                    // AWS, Google Cloud, Scaleway, OpenStack over IPv6
                    "fd00:ec2::23",
                    "fd00:ec2::123",
                    "fd00:ec2::253",
                    "fd00:ec2::254",
                    "fd20:ce::254",
                    "fd00:42::42",
                    "fe80::a9fe:a9fe")
            .map(text -> Objects.requireNonNull(IpAddress.parse(text)))
            .collect(Collectors.toUnmodifiableSet());

    private CloudMetadata() {}

    /// Whether `address`, or an IPv4 address that it stands for, is that of a metadata service.
    static boolean isAt(IpAddress address) {
        return ADDRESSES.contains(address) || address.embedded().stream().anyMatch(ADDRESSES::contains);
    }
}
