package dev.muster.auth;

import dev.muster.plan.BatchPlan;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The keys of every principal, as hashes.
///
/// A plain hash is enough: a key is long and random, so that there is nothing to guess, unlike a password.
final class ApiKeys {

    private static final Pattern PRINCIPAL = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern HASH = Pattern.compile("sha256:[0-9A-Fa-f]{64}");

    private final List<Key> keys = new ArrayList<>();

    private record Key(String principal, byte[] hash) {

        boolean matches(byte[] other) {
            return MessageDigest.isEqual(hash, other);
        }
    }

    /// @throws AuthConfigurationException if an entry is not valid; the message names the property, never a key
    ApiKeys(Map<String, List<String>> entries) {
        entries.forEach((principal, hashes) -> {
            requirePrincipal(principal);
            for (int i = 0; i < hashes.size(); i++) {
                add(principal, hashes.get(i), "muster.auth.api-keys.%s[%d]".formatted(principal, i));
            }
        });
        if (keys.isEmpty()) {
            throw new AuthConfigurationException(
                    "muster.auth.mode is api-key, but muster.auth.api-keys has no key: nobody could call.",
                    "Set muster.auth.api-keys.<principal> to 'sha256:' and the SHA-256 of a key, in hexadecimal.");
        }
    }

    /// Whose key it is, or `null`. It takes as long whichever key it is, and whether it is one at all.
    @Nullable
    String principalOf(String key) {
        byte[] hash = sha256(key);
        String principal = null;
        for (Key known : keys) {
            if (known.matches(hash)) {
                principal = known.principal();
            }
        }
        return principal;
    }

    private static void requirePrincipal(String principal) {
        if (!PRINCIPAL.matcher(principal).matches() || principal.equals(BatchPlan.ANONYMOUS)) {
            throw new AuthConfigurationException(
                    "muster.auth.api-keys.%s does not name a principal.".formatted(principal),
                    "Name it with 1 to 64 of A-Z a-z 0-9 . _ - and not '%s'.".formatted(BatchPlan.ANONYMOUS));
        }
    }

    private void add(String principal, String text, String property) {
        if (!HASH.matcher(text).matches()) {
            throw new AuthConfigurationException(
                    property + " is not a hash.",
                    "Set it to 'sha256:' and the SHA-256 of the key, in 64 hexadecimal digits. Never put a key itself there.");
        }
        byte[] hash =
                HexFormat.of().parseHex(text.substring(text.indexOf(':') + 1).toLowerCase(Locale.ROOT));
        for (Key known : keys) {
            if (known.matches(hash)) {
                throw new AuthConfigurationException(
                        "%s is also a key of %s.".formatted(property, known.principal()),
                        "Give each principal its own.");
            }
        }
        keys.add(new Key(principal, hash));
    }

    private static byte[] sha256(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
