package dev.muster.call;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import org.jspecify.annotations.Nullable;

/// A certificate for 127.0.0.1, in a store of keys that serves as one of trust too.
public record SelfSigned(Path store) {

    private static final String ALIAS = "upstream";
    private static final String PASSWORD = "changeit";

    /// Makes one in `dir`.
    public static SelfSigned in(Path dir) throws IOException, InterruptedException {
        Path store = dir.resolve("self-signed.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        ALIAS,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=upstream",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        store.toString())
                .inheritIO()
                .start();
        assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue()).isZero();
        return new SelfSigned(store);
    }

    /// What a server of the JVM identifies itself with.
    public KeyManagerFactory keys() {
        try {
            var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(load(), PASSWORD.toCharArray());
            return factory;
        } catch (GeneralSecurityException failure) {
            throw new IllegalStateException(failure);
        }
    }

    /// Certificate and key in one PEM file, for other servers.
    public Path pem() throws IOException, GeneralSecurityException {
        KeyStore keys = load();
        return Files.writeString(
                store.resolveSibling("self-signed.pem"),
                block("CERTIFICATE", keys.getCertificate(ALIAS).getEncoded())
                        + block(
                                "PRIVATE KEY",
                                keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded()));
    }

    private static String block(String name, byte[] bytes) {
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                .formatted(
                        name, Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(bytes), name);
    }

    private KeyStore load() {
        try (var bytes = Files.newInputStream(store)) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(bytes, PASSWORD.toCharArray());
            return keys;
        } catch (IOException | GeneralSecurityException failure) {
            throw new IllegalStateException(failure);
        }
    }

    /// Lets whatever TLS client is built in `body` trust it, which is how an operator would do it.
    public void whileTrusted(Runnable body) {
        List<String> names = List.of("javax.net.ssl.trustStore", "javax.net.ssl.trustStorePassword");
        List<@Nullable String> before = new ArrayList<>();
        names.forEach(name -> before.add(System.getProperty(name)));
        System.setProperty(names.get(0), store.toString());
        System.setProperty(names.get(1), PASSWORD);
        try {
            body.run();
        } finally {
            for (int i = 0; i < names.size(); i++) {
                String value = before.get(i);
                if (value == null) {
                    System.clearProperty(names.get(i));
                } else {
                    System.setProperty(names.get(i), value);
                }
            }
        }
    }
}
