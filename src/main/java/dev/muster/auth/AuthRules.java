package dev.muster.auth;

import java.net.InetAddress;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Whether Muster may start without asking who calls.
public final class AuthRules {

    private static final String MODE = "muster.auth.mode";

    private AuthRules() {}

    /// Finds everything for which Muster must not start.
    ///
    /// @param address where it listens, or `null` for everywhere
    /// @param issuer  whether it is configured whose tokens are valid
    /// @param found   takes the name of a property and what is wrong with it
    public static void check(
            AuthProperties auth, @Nullable InetAddress address, boolean issuer, BiConsumer<String, String> found) {
        AllowedHosts.check(auth.allowedHosts(), found);
        AuthMode mode = auth.mode();
        if (mode == null && (address == null || !address.isLoopbackAddress())) {
            found.accept(
                    MODE,
                    ("Other machines could reach Muster (server.address is %s), and muster.auth.mode does not say who may"
                                    + " call. Set muster.auth.mode to api-key or jwt; to none if whoever can connect may"
                                    + " call; or server.address to 127.0.0.1")
                            .formatted(address == null ? "empty: all interfaces" : address.getHostAddress()));
        }
        if (mode == AuthMode.API_KEY) {
            ApiKeys.check(auth.apiKeys(), found);
        } else if (!auth.apiKeys().isEmpty()) {
            found.accept(
                    "muster.auth.api-keys",
                    "is set, but muster.auth.mode is not api-key: nobody would be asked for a key. Set the mode, or remove"
                            + " the keys");
        }
        if (mode == AuthMode.JWT && !issuer) {
            found.accept(
                    MODE,
                    "nothing says whose tokens are valid. Set spring.security.oauth2.resourceserver.jwt.issuer-uri or"
                            + " .jwk-set-uri, and .audiences");
        }
    }

    /// What is not said is no choice, unless nobody but this machine can come.
    ///
    /// @throws IllegalStateException where that is not so, which [#check] finds before
    static AuthMode mode(@Nullable AuthMode chosen, @Nullable InetAddress address) {
        if (chosen != null) {
            return chosen;
        }
        if (address != null && address.isLoopbackAddress()) {
            return AuthMode.NONE;
        }
        throw new IllegalStateException("muster.auth.mode does not say who may call");
    }
}
