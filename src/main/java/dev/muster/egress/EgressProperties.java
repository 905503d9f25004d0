package dev.muster.egress;

import jakarta.validation.constraints.NotBlank;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// Where calls may go besides the configured services. An entry of `allow` and `deny` is a CIDR block, an IP address,
/// a host name, or `*.suffix`, which is every name below the suffix at any depth but not the suffix itself.
///
/// @param allow what may be called although it is not public: an address entry widens the address space, for literals
///     and for what names resolve to; a name entry allows the name whatever its address. Lifts no port rule
/// @param deny what may not be called, whatever `allow` says; a denied address is refused under every name
/// @param ports single ports, ranges with both ends (`8000-8999`), or `*` for any; none at all leaves only the
///     configured services
@ConfigurationProperties("muster.egress")
@Validated
public record EgressProperties(
        @DefaultValue List<@NotBlank String> allow,
        @DefaultValue List<@NotBlank String> deny,
        @DefaultValue({"80", "443"}) List<@NotBlank String> ports) {}
