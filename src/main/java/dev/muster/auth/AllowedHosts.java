package dev.muster.auth;

import java.net.InetAddress;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The names by which callers may address Muster, as `Host` and `Origin` say them: those of loopback, and configured
/// ones.
///
/// A page of a stranger may have its own name lead to 127.0.0.1 (DNS rebinding), and a browser then takes Muster for a
/// part of that page. What the browser cannot be made to do is to send another name than the page's.
public final class AllowedHosts {

    private static final Pattern AUTHORITY =
            Pattern.compile("(\\[[0-9A-Fa-f:.]{2,45}]|[A-Za-z0-9._-]{1,253})(?::([0-9]{0,5}))?");
    private static final Pattern NAME =
            Pattern.compile("(?:\\*\\.)?[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+)*\\.?|\\[[0-9A-Fa-f:.]+]");
    private static final Pattern LOOPBACK_V4 = Pattern.compile("127(?:\\.[0-9]{1,3}){3}");
    private static final String LOCALHOST = "localhost";
    private static final int HIGHEST_PORT = 65_535;

    private final Set<String> names = new HashSet<>();
    /// Each begins with a dot.
    private final Set<String> suffixes = new HashSet<>();

    /// @param configured names that [#check] has found nothing wrong with
    AllowedHosts(List<String> configured) {
        for (String name : configured) {
            if (name.startsWith("*")) {
                suffixes.add(canonical(name.substring(1)));
            } else {
                names.add(canonical(name));
            }
        }
    }

    /// Finds what is no name of a host.
    ///
    /// @param found takes the name of a property and what is wrong with it
    static void check(List<String> configured, BiConsumer<String, String> found) {
        for (int i = 0; i < configured.size(); i++) {
            if (!NAME.matcher(configured.get(i)).matches()) {
                found.accept(
                        "muster.auth.allowed-hosts[%d]".formatted(i),
                        "must be a name or address without scheme and port, such as 'muster.example', '*.example' for all"
                                + " names below one, or '[2001:db8::1]'");
            }
        }
    }

    /// The host of an `authority`, as `Host` has it, in lower case and without the dot of the root; `null` if it is
    /// none.
    public static @Nullable String hostOf(String authority) {
        Matcher parts = AUTHORITY.matcher(authority);
        if (!parts.matches()) {
            return null;
        }
        String port = parts.group(2);
        boolean isPort = port == null || port.isEmpty() || Integer.parseInt(port) <= HIGHEST_PORT;
        return isPort ? canonical(parts.group(1)) : null;
    }

    /// Whether a request may be addressed to `host`.
    ///
    /// @param host as [#hostOf] returns it
    public boolean allows(String host) {
        return isLoopback(host) || names.contains(host) || suffixes.stream().anyMatch(host::endsWith);
    }

    /// Whether a page may send requests.
    ///
    /// @param origin the value of `Origin`; `null` there stands for a page that may be anybody's
    public boolean allowsOrigin(String origin) {
        URI page;
        try {
            page = URI.create(origin);
        } catch (IllegalArgumentException invalid) {
            return false;
        }
        String authority = page.getRawAuthority();
        if (page.getScheme() == null || authority == null || !page.getRawPath().isEmpty()) {
            return false;
        }
        String host = hostOf(authority);
        return host != null && allows(host);
    }

    private static String canonical(String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    private static boolean isLoopback(String host) {
        if (host.startsWith("[")) {
            return isLoopbackAddress(host.substring(1, host.length() - 1));
        }
        return host.equals(LOCALHOST)
                // RFC 6761: these never leave the machine either, whatever a resolver would say.
                || host.endsWith("." + LOCALHOST)
                || (LOOPBACK_V4.matcher(host).matches() && isLoopbackAddress(host));
    }

    private static boolean isLoopbackAddress(String literal) {
        try {
            return InetAddress.ofLiteral(literal).isLoopbackAddress();
        } catch (IllegalArgumentException invalid) {
            return false;
        }
    }
}
