package dev.muster.lifecycle;

import dev.muster.service.MusterServicesProperties;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.ssl.JksSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerSslBundle;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.util.StringUtils;

/// Whether certificates and keys are there, and can be read.
final class TlsRules {

    private static final String BUNDLE = "spring.ssl.bundle";

    private final BoundConfiguration configuration;
    private final ConfigurationFaults faults;

    private TlsRules(BoundConfiguration configuration, ConfigurationFaults faults) {
        this.configuration = configuration;
        this.faults = faults;
    }

    static void check(BoundConfiguration configuration, ConfigurationFaults faults) {
        new TlsRules(configuration, faults).check();
    }

    private void check() {
        SslProperties ssl = configuration.section("spring.ssl", SslProperties.class);
        if (ssl == null) {
            return;
        }
        Set<String> names = new TreeSet<>(ssl.getBundle().getPem().keySet());
        names.addAll(ssl.getBundle().getJks().keySet());
        ssl.getBundle().getPem().forEach(this::checkPem);
        ssl.getBundle().getJks().forEach(this::checkJks);
        configuration.get(MusterServicesProperties.class).services().forEach((name, service) -> {
            if (service.connections().sslBundle() != null) {
                checkName(
                        "muster.services.%s.ssl-bundle".formatted(name),
                        service.connections().sslBundle(),
                        names);
            }
        });
        checkServer("server.ssl", names);
        checkServer("management.server.ssl", names);
    }

    private void checkName(String property, String bundle, Set<String> names) {
        if (!names.contains(bundle)) {
            faults.add(
                    property,
                    "there is no '%s' under %s, %s"
                            .formatted(
                                    bundle,
                                    BUNDLE,
                                    names.isEmpty() ? "nor any other" : "only " + String.join(", ", names)));
        }
    }

    private void checkPem(String name, PemSslBundleProperties bundle) {
        String prefix = "%s.pem.%s.".formatted(BUNDLE, name);
        boolean readable = true;
        for (var store : Map.of("keystore", bundle.getKeystore(), "truststore", bundle.getTruststore())
                .entrySet()) {
            String property = prefix + store.getKey();
            readable &= isReadable(property + ".certificate", store.getValue().getCertificate());
            readable &= isReadable(property + ".private-key", store.getValue().getPrivateKey());
        }
        if (readable) {
            load(prefix.substring(0, prefix.length() - 1), () -> PropertiesSslBundle.get(bundle));
        }
    }

    private void checkJks(String name, JksSslBundleProperties bundle) {
        String prefix = "%s.jks.%s.".formatted(BUNDLE, name);
        boolean readable =
                isReadable(prefix + "keystore.location", bundle.getKeystore().getLocation());
        readable &= isReadable(
                prefix + "truststore.location", bundle.getTruststore().getLocation());
        if (readable) {
            load(prefix.substring(0, prefix.length() - 1), () -> PropertiesSslBundle.get(bundle));
        }
    }

    private void checkServer(String prefix, Set<String> names) {
        Ssl ssl = configuration.section(prefix, Ssl.class);
        if (ssl == null || !ssl.isEnabled()) {
            return;
        }
        if (StringUtils.hasText(ssl.getBundle())) {
            checkName(prefix + ".bundle", ssl.getBundle(), names);
            return;
        }
        boolean readable = isReadable(prefix + ".certificate", ssl.getCertificate());
        readable &= isReadable(prefix + ".certificate-private-key", ssl.getCertificatePrivateKey());
        readable &= isReadable(prefix + ".trust-certificate", ssl.getTrustCertificate());
        readable &= isReadable(prefix + ".trust-certificate-private-key", ssl.getTrustCertificatePrivateKey());
        readable &= isReadable(prefix + ".key-store", ssl.getKeyStore());
        readable &= isReadable(prefix + ".trust-store", ssl.getTrustStore());
        if (readable && (ssl.getCertificate() != null || ssl.getKeyStore() != null)) {
            load(prefix, () -> WebServerSslBundle.get(ssl));
        }
    }

    /// @param place where a file is, or its content in PEM
    private boolean isReadable(String property, @Nullable String place) {
        if (!StringUtils.hasText(place) || place.contains("-----BEGIN")) {
            return true;
        }
        boolean readable = ApplicationResourceLoader.get().getResource(place).isReadable();
        if (!readable) {
            faults.add(property, "there is no such file, or it cannot be read");
        }
        return readable;
    }

    private void load(String property, Supplier<SslBundle> bundle) {
        try {
            SslBundle loaded = bundle.get();
            loaded.getStores().getKeyStore();
            loaded.getStores().getTrustStore();
        } catch (RuntimeException unusable) {
            Throwable cause = NestedExceptionUtils.getMostSpecificCause(unusable);
            faults.add(property, "cannot be used: " + cause.getMessage());
        }
    }
}
