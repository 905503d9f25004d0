package dev.muster.upstream;

import dev.muster.service.Service;
import io.netty.handler.ssl.SslContextBuilder;
import java.util.List;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/// Takes the certificates of services from Spring Boot's SSL bundles, which reload them where they are told to.
public final class BundledTls implements ServiceTls {

    private final SslBundles bundles;

    /// @throws IllegalArgumentException if the bundle of one of `services` is not there; the message names the
    ///                                  property
    public BundledTls(SslBundles bundles, Iterable<Service> services) {
        this.bundles = bundles;
        for (Service service : services) {
            requireBundle(service);
        }
    }

    private void requireBundle(Service service) {
        String name = service.connections().sslBundle();
        if (name == null) {
            return;
        }
        try {
            bundles.getBundle(name);
        } catch (NoSuchSslBundleException missing) {
            throw new IllegalArgumentException(
                    "muster.services.%s.ssl-bundle: there is no '%s' under spring.ssl.bundle"
                            .formatted(service.name(), name),
                    missing);
        }
    }

    @Override
    public void configure(Service service, SslContextBuilder builder) {
        String name = service.connections().sslBundle();
        if (name == null) {
            return;
        }
        SslBundle bundle = bundles.getBundle(name);
        builder.keyManager(bundle.getManagers().getKeyManagerFactory());
        builder.trustManager(bundle.getManagers().getTrustManagerFactory());
        String[] protocols = bundle.getOptions().getEnabledProtocols();
        if (protocols != null) {
            builder.protocols(protocols);
        }
        String[] ciphers = bundle.getOptions().getCiphers();
        if (ciphers != null) {
            builder.ciphers(List.of(ciphers));
        }
    }

    @Override
    public void onChange(Service service, Runnable changed) {
        String name = service.connections().sslBundle();
        if (name != null) {
            bundles.addBundleUpdateHandler(name, _ -> changed.run());
        }
    }
}
