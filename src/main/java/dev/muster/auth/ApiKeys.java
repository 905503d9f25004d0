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
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The keys of every principal, as hashes.
///
/// A plain hash is enough: a key is long and random, so that there is nothing to guess, unlike a password.
final class ApiKeys {

    private static final Pattern PRINCIPAL = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final String PROPERTY = "muster.auth.api-keys";
    private static final Pattern PLAIN_NAME = Pattern.compile("[a-z0-9-]+");
    private static final Pattern HASH = Pattern.compile("sha256:[0-9A-Fa-f]{64}");

    private final List<Key> keys = new ArrayList<>();

    private record Key(String principal, byte[] hash) {

        boolean matches(byte[] other) {
            return MessageDigest.isEqual(hash, other);
        }
    }

    /// @throws IllegalArgumentException if an entry is not valid; the message names the property, never a key
    ApiKeys(Map<String, List<String>> entries) {
        List<String> faults = new ArrayList<>();
        check(entries, (property, rule) -> faults.add(property + ": " + rule));
        if (!faults.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", faults));
        }
        entries.forEach((principal, hashes) -> hashes.forEach(text -> keys.add(new Key(principal, hash(text)))));
    }

    /// Finds everything for which nobody, or the wrong one, could call.
    ///
    /// @param found takes the name of a property and what is wrong with it, which never repeats a key
    static void check(Map<String, List<String>> entries, BiConsumer<String, String> found) {
        List<Key> seen = new ArrayList<>();
        entries.forEach((principal, hashes) -> {
            String name =
                    PROPERTY + (PLAIN_NAME.matcher(principal).matches() ? "." + principal : "[" + principal + "]");
            if (!PRINCIPAL.matcher(principal).matches() || principal.equals(BatchPlan.ANONYMOUS)) {
                found.accept(
                        name,
                        "does not name a principal: 1 to 64 of A-Z a-z 0-9 . _ - and not '%s'"
                                .formatted(BatchPlan.ANONYMOUS));
            }
            for (int i = 0; i < hashes.size(); i++) {
                String element = "%s[%d]".formatted(name, i);
                if (!HASH.matcher(hashes.get(i)).matches()) {
                    found.accept(
                            element,
                            "is not a hash: 'sha256:' and the SHA-256 of the key, in 64 hexadecimal digits; never put a key"
                                    + " itself there");
                    continue;
                }
                byte[] hash = hash(hashes.get(i));
                seen.stream()
                        .filter(known -> known.matches(hash))
                        .findFirst()
                        .ifPresent(known -> found.accept(
                                element,
                                "is also a key of %s; give each principal its own".formatted(known.principal())));
                seen.add(new Key(principal, hash));
            }
        });
        if (entries.values().stream().allMatch(List::isEmpty)) {
            found.accept(
                    PROPERTY,
                    "muster.auth.api-keys has no key, and muster.auth.mode is api-key: nobody could call. Set"
                            + " muster.auth.api-keys.<principal> to 'sha256:' and the SHA-256 of a key, in hexadecimal");
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

    private static byte[] hash(String text) {
        return HexFormat.of().parseHex(text.substring(text.indexOf(':') + 1).toLowerCase(Locale.ROOT));
    }

    private static byte[] sha256(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
