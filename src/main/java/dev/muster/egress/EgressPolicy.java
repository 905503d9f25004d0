package dev.muster.egress;

import dev.muster.url.HttpUrl;
import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Says whether a call may go where it wants to: first of its URL, before any I/O, and then, at the choke point
/// ([EgressAddressResolverGroup]), of every address about to be connected to. The second judgement repeats the first,
/// so that it holds also where nobody asked for the first. Neither resolves anything.
///
/// In this order: only `http` and `https`, no user information, a host at all · never Muster itself · a trusted
/// authority is allowed as it stands · a host that every parser reads alike · the port is among `ports` · `deny` ·
/// `allow` · public unicast only. A cloud's metadata service is allowed only by an entry of that very address: it hands
/// out credentials, and whoever allows a block or a name seldom means it.
///
/// Safe for use by many threads; an allowed name costs one [Authority] and no other object.
public final class EgressPolicy {

    private static final String ALLOW = "muster.egress.allow";
    private static final String DENY = "muster.egress.deny";

    private static final EgressRefusal SCHEME = new EgressRefusal("only http and https URLs may be called");
    private static final EgressRefusal USER_INFO = new EgressRefusal("a URL must not carry user information");
    private static final EgressRefusal NO_HOST = new EgressRefusal(
            "the URL has no valid host: a name of letters, digits, hyphens, underscores and dots (other scripts in punycode), "
                    + "an IPv4 address of four decimal parts, or an IPv6 address in brackets");
    private static final EgressRefusal LOCALHOST =
            new EgressRefusal("localhost names may not be called unless muster.egress.allow names them");
    private static final EgressRefusal DENIED = new EgressRefusal("the host is denied by muster.egress.deny");
    private static final EgressRefusal RESOLVES_TO_DENIED =
            new EgressRefusal("the host resolves to an address denied by muster.egress.deny");
    private static final EgressRefusal ALIAS_OF_DENIED =
            new EgressRefusal("the host is an alias of one denied by muster.egress.deny");
    private static final EgressRefusal SELF = new EgressRefusal("Muster does not call itself");
    private static final EgressRefusal METADATA = new EgressRefusal(
            "cloud metadata addresses may not be called unless muster.egress.allow lists that very address");
    private static final EgressRefusal RESOLVES_TO_SPECIAL = new EgressRefusal(
            "the host resolves to an address that is not public, and muster.egress.allow does not list it");

    private final Set<Authority> trusted;
    private final EgressList allow;
    private final EgressList deny;
    private final PortSet ports;
    private final OwnPorts own;

    /// @param properties the configured lists
    /// @param trusted the configured services' authorities, allowed with exactly this host and port, whatever the
    ///     host's address and whatever the lists say
    /// @param own where Muster itself listens, which not even a trusted authority may be
    /// @throws IllegalArgumentException when an entry is invalid; the message names the property, the entry and the
    /// rule
    public EgressPolicy(EgressProperties properties, Set<Authority> trusted, OwnPorts own) {
        this.trusted = Set.copyOf(trusted);
        List<String> faults = new ArrayList<>();
        BiConsumer<String, String> found = (property, rule) -> faults.add(property + " is " + rule);
        this.allow = new EgressList(ALLOW, properties.allow(), found);
        this.deny = new EgressList(DENY, properties.deny(), found);
        this.ports = new PortSet(properties.ports(), found);
        this.own = own;
        if (!faults.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", faults));
        }
    }

    /// Finds everything for which no policy is made of `properties`.
    ///
    /// @param found takes the name of an element, and the rule that it breaks
    public static void check(EgressProperties properties, BiConsumer<String, String> found) {
        new EgressList(ALLOW, properties.allow(), found);
        new EgressList(DENY, properties.deny(), found);
        new PortSet(properties.ports(), found);
    }

    /// Judges all of a URL that can be known without resolving its host.
    ///
    /// @return the rule that forbids the call, or null when only its address can still do so
    public @Nullable EgressRefusal judge(URI target) {
        boolean https = "https".equalsIgnoreCase(target.getScheme());
        if (!https && !"http".equalsIgnoreCase(target.getScheme())) {
            return SCHEME;
        }
        if (HttpUrl.hasUserInformation(target)) {
            return USER_INFO;
        }
        String host = HttpUrl.host(target);
        return host == null ? NO_HOST : judge(Authority.of(host, HttpUrl.port(target)));
    }

    /// Judges an address that is about to be connected to for `authority`.
    ///
    /// @param authority the host and port that the caller named
    /// @param resolved what the host resolved to, or what it spells
    /// @return the rule that forbids the connection, or null when it may be opened
    public @Nullable EgressRefusal judge(Authority authority, InetAddress resolved) {
        IpAddress address = IpAddress.of(resolved);
        if (own.areAt(address.translated().toInetAddress(), authority.port())) {
            return SELF;
        }
        EgressRefusal refusal = judge(authority);
        return refusal != null || trusted.contains(authority) ? refusal : judgeResolved(authority.host(), address);
    }

    /// Judges all of an authority that can be known without resolving its host.
    @Nullable
    EgressRefusal judge(Authority authority) {
        if (trusted.contains(authority)) {
            return null;
        }
        String host = authority.host();
        IpAddress literal = IpAddress.parse(host);
        String fault = literal == null ? HostName.fault(host) : null;
        if (fault != null) {
            return new EgressRefusal(fault);
        }
        if (!ports.contains(authority.port())) {
            return new EgressRefusal("port " + authority.port() + " is not among muster.egress.ports");
        }
        return literal == null ? judgeName(host) : judgeLiteral(literal);
    }

    /// Whether it matters what the host of `authority` is an alias of: `deny` has names, and neither is the authority
    /// trusted nor the host an address.
    boolean judgesAliases(Authority authority) {
        return deny.hasNames() && !trusted.contains(authority) && IpAddress.parse(authority.host()) == null;
    }

    /// Judges the names that a host is an alias of. Only `deny` holds for them: `allow` is for the name that was asked
    /// for.
    @Nullable
    EgressRefusal judgeAliases(List<String> names) {
        return names.stream().map(name -> Authority.of(name, 0).host()).anyMatch(deny::names) ? ALIAS_OF_DENIED : null;
    }

    private @Nullable EgressRefusal judgeName(String name) {
        if (deny.names(name)) {
            return DENIED;
        }
        return isLocalhost(name) && !allow.names(name) ? LOCALHOST : null;
    }

    private @Nullable EgressRefusal judgeLiteral(IpAddress literal) {
        if (denies(literal)) {
            return DENIED;
        }
        if (isForbiddenMetadata(literal)) {
            return METADATA;
        }
        String purpose = allow.contains(literal) ? null : SpecialPurpose.of(literal);
        return purpose == null
                ? null
                : new EgressRefusal(purpose + " addresses may not be called unless muster.egress.allow lists them");
    }

    private @Nullable EgressRefusal judgeResolved(String host, IpAddress resolved) {
        if (denies(resolved)) {
            return RESOLVES_TO_DENIED;
        }
        boolean allowed = allow.names(host) || allow.contains(resolved) || SpecialPurpose.of(resolved) == null;
        return allowed && !isForbiddenMetadata(resolved) ? null : RESOLVES_TO_SPECIAL;
    }

    private boolean isForbiddenMetadata(IpAddress address) {
        return CloudMetadata.isAt(address) && !allow.lists(address);
    }

    // A denied IPv4 address is denied also behind a translator or a tunnel; an allowed one is not thereby allowed
    // there.
    private boolean denies(IpAddress address) {
        return deny.contains(address) || address.embedded().stream().anyMatch(deny::contains);
    }

    private static boolean isLocalhost(String name) {
        return name.equals("localhost") || name.endsWith(".localhost");
    }
}
