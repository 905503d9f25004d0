package dev.muster.detached;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// What tells a batch that is sent once more from another one.
///
/// @param name     of the key, which no two callers share
/// @param document what was sent with it; of another document it is another
public record IdempotencyKey(String name, String document) {

    /// The key that `principal` gave to a batch document.
    public static IdempotencyKey of(String principal, String key, byte[] document) {
        String name = principal.length() + ":" + principal + key;
        return new IdempotencyKey(hash(name.getBytes(StandardCharsets.UTF_8)), hash(document));
    }

    private static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
