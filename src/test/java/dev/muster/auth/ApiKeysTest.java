package dev.muster.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeysTest {

    private static final ApiKeys KEYS = new ApiKeys(Map.of(
            "alice",
                    List.of(
                            hash("old key"),
                            hash("new key").toUpperCase(Locale.ROOT).replace("SHA", "sha")),
            "bob", List.of(hash("bob's key"))));

    @ParameterizedTest
    @ValueSource(strings = {"old key", "new key"})
    void eachKeyOfAPrincipalIsItsOwn(String key) {
        assertThat(KEYS.principalOf(key)).isEqualTo("alice");
        assertThat(KEYS.principalOf("bob's key")).isEqualTo("bob");
    }

    @Test
    void whatIsNotAKeyIsNobodys() {
        assertThat(KEYS.principalOf("")).isNull();
        assertThat(KEYS.principalOf("old ke")).isNull();
        assertThat(KEYS.principalOf("old keyy")).isNull();
        assertThat(KEYS.principalOf(hash("old key"))).isNull();
    }

    @Test
    void aKeyThatWasPutThereInsteadOfItsHashIsRefusedAndNotRepeated() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new ApiKeys(Map.of("alice", List.of(hash("x"), "hunter2"))))
                .withMessageContaining("muster.auth.api-keys.alice[1]")
                .satisfies(refusal -> assertThat(refusal.getMessage()).doesNotContain("hunter2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"anonymous", "a b", "ä", ""})
    void aPrincipalHasAPlainName(String principal) {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new ApiKeys(Map.of(principal, List.of(hash("x")))));
    }

    @Test
    void aKeyBelongsToOnePrincipalOnly() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new ApiKeys(Map.of("alice", List.of(hash("x")), "bob", List.of(hash("x")))))
                .withMessageContaining("is also a key of");
    }

    @Test
    void thereIsAtLeastOneKey() {
        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> new ApiKeys(Map.of()));
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new ApiKeys(Map.of("alice", List.of())));
    }

    static String hash(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return "sha256:" + HexFormat.of().formatHex(digest);
        } catch (Exception impossible) {
            throw new AssertionError(impossible);
        }
    }
}
