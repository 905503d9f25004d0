package dev.muster.service;

import dev.muster.request.HeaderRules;
import dev.muster.url.HttpUrl;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Every upstream service that Muster knows, found by name or by the host of a URL.
public final class ServiceCatalogue {

    /// The service of every host that no other service claims.
    public static final String DEFAULT = "default";

    /// What the host of a URL can be, or `*.` and such a name; anything else would never match.
    private static final Pattern HOST_PATTERN =
            Pattern.compile("(\\*\\.)?[a-z0-9_-]+(\\.[a-z0-9_-]+)*\\.?|\\[[0-9a-f:.]+]");

    private static final int MOST_PORT = 65_535;

    private static final Service BUILT_IN = new Service(
            DEFAULT,
            new Location(List.of(), List.of(), null),
            new CallSettings(Duration.ofMillis(300), false, 0, true, Set.of()),
            new ConnectionSettings(Protocol.HTTP1, Duration.ofMillis(100), null),
            new PoolSettings(500, 2_000, Duration.ofSeconds(4), Duration.ofMinutes(5), 100),
            new HostSettings(null, null),
            new ResilienceSettings(new Ejection(5, Duration.ofSeconds(5)), new RetryBudget(0.2, 1), null, null, null),
            new ReuseSettings(null, false));

    private final Map<String, Service> byName = new LinkedHashMap<>();
    private final Map<String, Service> byHost = new HashMap<>();
    private final Map<String, Service> bySuffix = new HashMap<>();
    private final Service fallback;
    private final Set<String> forwardedToAll;
    private final Set<String> baseOrigins = new HashSet<>();
    private final Set<String> baseHosts = new HashSet<>();
    private final Set<String> forwardedToAny;

    /// @throws IllegalArgumentException if an entry's name, base URL or host pattern is not valid, or two services
    ///                                  claim one host; the message names the property
    public ServiceCatalogue(Map<String, ServiceProperties> entries) {
        this(entries, List.of());
    }

    /// @param forwardHeaders headers of the client's request that go with calls to every configured base URL
    /// @throws IllegalArgumentException also if a header to be forwarded may not be
    public ServiceCatalogue(Map<String, ServiceProperties> entries, List<String> forwardHeaders) {
        List<String> faults = new ArrayList<>();
        check(entries, forwardHeaders, (property, rule) -> faults.add(property + ": " + rule));
        if (!faults.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", faults));
        }
        this.forwardedToAll = CallProperties.lowerCased(forwardHeaders);
        ServiceProperties defaults = entries.get(DEFAULT);
        this.fallback = defaults == null ? BUILT_IN : defaults.orElse(DEFAULT, BUILT_IN);
        byName.put(DEFAULT, fallback);
        entries.forEach((name, entry) -> {
            if (!name.equals(DEFAULT)) {
                byName.put(name, entry.orElse(name, fallback));
            }
        });
        byName.values().forEach(this::claimHosts);
        Set<String> forwarded = new HashSet<>(forwardedToAll);
        for (Service service : byName.values()) {
            forwarded.addAll(service.calls().forwardHeaders());
            service.location().baseUrls().forEach(baseUrl -> {
                baseOrigins.add(HttpUrl.origin(baseUrl));
                baseHosts.add(Objects.requireNonNull(HttpUrl.host(baseUrl)).toLowerCase(Locale.ROOT));
            });
        }
        this.forwardedToAny = Set.copyOf(forwarded);
    }

    /// The headers of a client's request that go with any call at all, lower-cased.
    public Set<String> forwardedHeaders() {
        return forwardedToAny;
    }

    /// The headers of a client's request that go with a call of `service` to `uri`, lower-cased: what the gateway
    /// forwards to every origin of a base URL, and what the service adds for its own. What goes elsewhere, as a
    /// stranger's URL does, gets none.
    public Set<String> forwardedHeaders(Service service, URI uri) {
        if (forwardedToAny.isEmpty()) {
            return Set.of();
        }
        String origin = HttpUrl.origin(uri);
        Set<String> names = new HashSet<>();
        if (baseOrigins.contains(origin)) {
            names.addAll(forwardedToAll);
        }
        if (service.location().baseUrls().stream().anyMatch(baseUrl -> origin.equals(HttpUrl.origin(baseUrl)))) {
            names.addAll(service.calls().forwardHeaders());
        }
        return names;
    }

    /// The service called `name`, which must be configured.
    public Service named(String name) {
        Service service = byName.get(name);
        if (service == null) {
            throw new IllegalArgumentException("no service " + name);
        }
        return service;
    }

    /// The service that `host` belongs to: by its exact name, else by the longest suffix, else `default`.
    public Service ofHost(String host) {
        String name = canonical(host);
        Service exact = byHost.get(name);
        if (exact != null || bySuffix.isEmpty()) {
            return exact == null ? fallback : exact;
        }
        for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
            Service service = bySuffix.get(name.substring(dot));
            if (service != null) {
                return service;
            }
        }
        return fallback;
    }

    /// Whether the operator has named `host`: in a base URL, or in the `hosts` of a service.
    public boolean isConfigured(String host) {
        return baseHosts.contains(host.toLowerCase(Locale.ROOT))
                || !ofHost(host).equals(fallback);
    }

    /// Every service, `default` included.
    public Collection<Service> all() {
        return byName.values();
    }

    /// The services that can be called by name and path.
    public Set<String> callableNames() {
        return byName.values().stream()
                .filter(service -> service.location().baseUrl() != null)
                .map(Service::name)
                .collect(Collectors.toSet());
    }

    /// One spelling for each host: a name is that of the same host with a dot at its end, and an IPv6 address has many
    /// forms.
    private static String canonical(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        if (name.startsWith("[") && name.endsWith("]")) {
            try {
                return InetAddress.ofLiteral(name.substring(1, name.length() - 1))
                        .getHostAddress();
            } catch (IllegalArgumentException _) {
                return name;
            }
        }
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    private void claimHosts(Service service) {
        for (String pattern : service.location().hosts()) {
            String host = canonical(pattern);
            if (host.startsWith("*.")) {
                bySuffix.put(host.substring(1), service);
            } else {
                byHost.put(host, service);
            }
        }
    }

    /// Finds everything for which no catalogue is made of `entries` and `forwardHeaders`.
    ///
    /// @param found takes the name of a property, and what is wrong with it
    public static void check(
            Map<String, ServiceProperties> entries, List<String> forwardHeaders, BiConsumer<String, String> found) {
        checkForwardable("muster.gateway.forward-headers", forwardHeaders, found);
        Map<String, String> claimed = new HashMap<>();
        entries.forEach((name, entry) -> {
            String prefix = "muster.services.%s.".formatted(name);
            LocationProperties location = entry.location();
            checkBaseUrls(prefix, location, found);
            for (String pattern : location.hosts() == null ? List.<String>of() : location.hosts()) {
                if (!HOST_PATTERN.matcher(pattern.toLowerCase(Locale.ROOT)).matches()) {
                    found.accept(prefix + "hosts", "'%s' is neither a host name nor *.suffix".formatted(pattern));
                    continue;
                }
                String other = claimed.putIfAbsent(canonical(pattern), name);
                if (other != null) {
                    found.accept(prefix + "hosts", "'%s' is claimed by %s too".formatted(pattern, other));
                }
            }
            checkCredentials(prefix + "credentials", location, found);
            List<String> forwarded = entry.calls().forwardHeaders();
            if (forwarded != null) {
                checkForwardable(prefix + "forward-headers", forwarded, found);
            }
        });
    }

    /// No fault repeats the value.
    private static void checkCredentials(String prefix, LocationProperties location, BiConsumer<String, String> found) {
        Credentials credentials = location.credentials();
        if (credentials == null) {
            return;
        }
        if (location.baseUrl() == null && location.baseUrls() == null) {
            found.accept(prefix, "base-url must be given, whose origin they go to");
        }
        String header = credentials.header();
        if ((credentials.oauth2() == null) == (header == null)) {
            found.accept(prefix, "either oauth2, or header and value must be given");
        } else if (header != null) {
            HeaderRules.faultOfForwarded(header)
                    .ifPresent(fault -> found.accept(prefix + ".header", "'%s' %s".formatted(header, fault)));
        }
        String value = credentials.value();
        if ((header == null) != (value == null)) {
            found.accept(prefix + ".value", header == null ? "header must be given, too" : "must be given with header");
        } else if (value != null) {
            (value.isEmpty() ? Optional.of("must not be empty") : HeaderRules.faultOfValue(value))
                    .ifPresent(fault -> found.accept(prefix + ".value", fault));
        }
    }

    private static void checkBaseUrls(String prefix, LocationProperties location, BiConsumer<String, String> found) {
        List<URI> several = location.baseUrls() == null ? List.of() : location.baseUrls();
        if (location.baseUrl() != null) {
            faultOfBaseUrl(location.baseUrl()).ifPresent(fault -> found.accept(prefix + "base-url", fault));
            if (!several.isEmpty()) {
                found.accept(prefix + "base-urls", "base-url must not be given, too");
            }
        }
        for (int i = 0; i < several.size(); i++) {
            String element = "%sbase-urls[%d]".formatted(prefix, i);
            faultOfBaseUrl(several.get(i)).ifPresent(fault -> found.accept(element, fault));
        }
        if (several.stream().map(LocationProperties::withoutSlash).distinct().count() < several.size()) {
            found.accept(prefix + "base-urls", "must not repeat a URL");
        }
    }

    private static Optional<String> faultOfBaseUrl(URI given) {
        String scheme = given.getScheme() == null ? "" : given.getScheme().toLowerCase(Locale.ROOT);
        if ((!scheme.equals("http") && !scheme.equals("https")) || HttpUrl.host(given) == null) {
            return Optional.of("is not an absolute http or https URL");
        }
        if (HttpUrl.hasUserInformation(given) || given.getRawQuery() != null || given.getRawFragment() != null) {
            return Optional.of("must not have user information, query or fragment");
        }
        return HttpUrl.port(given) == 0 || HttpUrl.port(given) > MOST_PORT
                ? Optional.of("the port must be from 1 to " + MOST_PORT)
                : Optional.empty();
    }

    private static void checkForwardable(String property, List<String> names, BiConsumer<String, String> found) {
        for (int i = 0; i < names.size(); i++) {
            String element = "%s[%d]".formatted(property, i);
            String name = names.get(i);
            HeaderRules.faultOfForwarded(name)
                    .ifPresent(fault -> found.accept(element, "'%s' %s".formatted(name, fault)));
        }
    }
}
