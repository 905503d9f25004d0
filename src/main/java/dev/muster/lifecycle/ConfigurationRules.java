package dev.muster.lifecycle;

import dev.muster.admission.CallersProperties;
import dev.muster.auth.AuthProperties;
import dev.muster.auth.AuthRules;
import dev.muster.auth.Permissions;
import dev.muster.demo.DemoProperties;
import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressProperties;
import dev.muster.plan.BatchProperties;
import dev.muster.plan.CapacityProperties;
import dev.muster.plan.DetachedProperties;
import dev.muster.plan.HeapShares;
import dev.muster.plan.PropagationProperties;
import dev.muster.plan.ResponseProperties;
import dev.muster.request.BatchReader;
import dev.muster.request.HeaderRules;
import dev.muster.server.ClientProperties;
import dev.muster.service.Credentials;
import dev.muster.service.MusterServicesProperties;
import dev.muster.service.ServiceCatalogue;
import dev.muster.service.ServiceProperties;
import dev.muster.views.ViewCatalogue;
import dev.muster.views.ViewsProperties;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.springframework.boot.security.oauth2.client.autoconfigure.OAuth2ClientProperties;
import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

/// The rules that the configuration has to hold as a whole, in one list.
final class ConfigurationRules {

    static final List<ConfigurationRule> ALL = List.of(
            ConfigurationRules::gateway,
            ConfigurationRules::services,
            ConfigurationRules::tokens,
            ConfigurationRules::views,
            ConfigurationRules::callers,
            ConfigurationRules::heap,
            ConfigurationRules::egress,
            ConfigurationRules::auth,
            ConfigurationRules::ports,
            ConfigurationRules::stop,
            TlsRules::check,
            ResilienceRules::check);

    private static final String SHUTDOWN_PHASE = "spring.lifecycle.timeout-per-shutdown-phase";
    private static final String OAUTH2_CLIENT = "spring.security.oauth2.client";
    private static final Duration DEFAULT_SHUTDOWN_PHASE = Duration.ofSeconds(30);
    private static final int MOST_PORT = 65_535;

    private ConfigurationRules() {}

    private static void gateway(BoundConfiguration configuration, ConfigurationFaults faults) {
        ResponseProperties responses = configuration.get(ResponseProperties.class);
        checkBytes("max-request-size", configuration.get(BatchProperties.class).maxRequestSize(), faults);
        checkBytes("max-response-size", responses.maxResponseSize(), faults);
        HeaderRules.faultOfToken(configuration.get(PropagationProperties.class).deadlineHeader())
                .ifPresent(fault -> faults.add("muster.gateway.deadline-header", fault));
        for (String header : responses.hiddenResponseHeaders()) {
            HeaderRules.faultOfToken(header)
                    .ifPresent(fault ->
                            faults.add("muster.gateway.hidden-response-headers", "'%s' %s".formatted(header, fault)));
        }
    }

    /// What is held in one array of bytes.
    private static void checkBytes(String property, DataSize size, ConfigurationFaults faults) {
        if (size.toBytes() > Integer.MAX_VALUE) {
            faults.add("muster.gateway." + property, "must be less than 2GB");
        }
    }

    private static void services(BoundConfiguration configuration, ConfigurationFaults faults) {
        ServiceCatalogue.check(
                configuration.get(MusterServicesProperties.class).services(),
                configuration.get(PropagationProperties.class).forwardHeaders(),
                faults::add);
    }

    /// Whether there is a way to the access token of each service that wants one.
    private static void tokens(BoundConfiguration configuration, ConfigurationFaults faults) {
        OAuth2ClientProperties client = configuration.section(OAUTH2_CLIENT, OAuth2ClientProperties.class);
        Map<String, OAuth2ClientProperties.Registration> registrations =
                client == null ? Map.of() : client.getRegistration();
        registrations.forEach((name, registration) -> {
            if (!StringUtils.hasText(registration.getClientId())) {
                faults.add("%s.registration.%s.client-id".formatted(OAUTH2_CLIENT, name), "must be given");
            }
        });
        configuration.get(MusterServicesProperties.class).services().forEach((service, entry) -> {
            Credentials credentials = entry.location().credentials();
            String name = credentials == null ? null : credentials.oauth2();
            if (name == null) {
                return;
            }
            OAuth2ClientProperties.Registration registration = registrations.get(name);
            String property = "muster.services.%s.credentials.oauth2".formatted(service);
            if (registration == null) {
                faults.add(property, "there is no '%s' under %s.registration".formatted(name, OAUTH2_CLIENT));
            } else if (!"client_credentials".equals(registration.getAuthorizationGrantType())) {
                faults.add(
                        "%s.registration.%s.authorization-grant-type".formatted(OAUTH2_CLIENT, name),
                        "must be client_credentials, as %s names it".formatted(property));
            }
        });
    }

    /// By the reader that reads the batches of callers.
    private static void views(BoundConfiguration configuration, ConfigurationFaults faults) {
        var entries = configuration.get(MusterServicesProperties.class).services();
        List<String> forwardHeaders =
                configuration.get(PropagationProperties.class).forwardHeaders();
        Set<String> services = isWrong(entries, forwardHeaders)
                ? entries.keySet()
                : new ServiceCatalogue(entries, forwardHeaders).callableNames();
        var reader = new BatchReader(configuration.get(BatchProperties.class).maxRequests(), services);
        ViewCatalogue.check(configuration.get(ViewsProperties.class).views(), reader, faults::add);
    }

    /// Whether there is what callers may use.
    private static void callers(BoundConfiguration configuration, ConfigurationFaults faults) {
        Set<String> services = new HashSet<>(
                configuration.get(MusterServicesProperties.class).services().keySet());
        services.add(ServiceCatalogue.DEFAULT);
        Permissions.check(
                configuration.get(CallersProperties.class).callers(),
                services,
                configuration.get(ViewsProperties.class).views().keySet(),
                faults::add);
    }

    /// Whether what is kept and what batches may hold fit together.
    private static void heap(BoundConfiguration configuration, ConfigurationFaults faults) {
        List<String> forwardHeaders =
                configuration.get(PropagationProperties.class).forwardHeaders();
        var entries = configuration.get(MusterServicesProperties.class).services();
        if (!isWrong(entries, forwardHeaders)) {
            var services = new ServiceCatalogue(entries, forwardHeaders);
            var shares = HeapShares.of(configuration.get(CapacityProperties.class), services.all());
            shares.fault().ifPresent(fault -> faults.add("muster.services", fault));
            if (configuration.get(DetachedProperties.class).mostBytes(shares.batchBytes()) > shares.batchBytes()) {
                faults.add(
                        "muster.detached.max-bytes",
                        "must be at most muster.gateway.max-buffered, out of which it is taken: %d bytes"
                                .formatted(shares.batchBytes()));
            }
        }
    }

    private static boolean isWrong(Map<String, ServiceProperties> entries, List<String> forwardHeaders) {
        List<String> wrong = new ArrayList<>();
        ServiceCatalogue.check(entries, forwardHeaders, (property, _) -> wrong.add(property));
        return !wrong.isEmpty();
    }

    private static void egress(BoundConfiguration configuration, ConfigurationFaults faults) {
        EgressPolicy.check(configuration.get(EgressProperties.class), faults::add);
    }

    private static void auth(BoundConfiguration configuration, ConfigurationFaults faults) {
        boolean issuer = Stream.of("issuer-uri", "jwk-set-uri", "public-key-location")
                .map(name -> configuration.value("spring.security.oauth2.resourceserver.jwt." + name, String.class))
                .anyMatch(StringUtils::hasText);
        AuthRules.check(
                configuration.get(AuthProperties.class),
                configuration.value("server.address", InetAddress.class),
                issuer,
                faults::add);
    }

    private static void ports(BoundConfiguration configuration, ConfigurationFaults faults) {
        Integer server = configuration.value("server.port", Integer.class);
        Integer management = configuration.value("management.server.port", Integer.class);
        if (server != null && (server < 0 || server > MOST_PORT)) {
            faults.add("server.port", "must be from 0 to " + MOST_PORT);
        }
        if (management != null && (management < -1 || management > MOST_PORT)) {
            faults.add("management.server.port", "must be from 0 to " + MOST_PORT + ", or -1 for none");
        }
        int demo = configuration.get(DemoProperties.class).port();
        if (configuration.hasProfile("demo") && demo != 0) {
            if (server != null && demo == server) {
                faults.add("muster.demo.port", "is also that of server.port");
            } else if (management != null && demo == management) {
                faults.add("muster.demo.port", "is also that of management.server.port");
            }
        }
    }

    private static void stop(BoundConfiguration configuration, ConfigurationFaults faults) {
        Duration configured = configuration.value(SHUTDOWN_PHASE, Duration.class);
        Duration phase = configured == null ? DEFAULT_SHUTDOWN_PHASE : configured;
        if (configuration.get(ClientProperties.class).drainTimeout().compareTo(phase) >= 0) {
            faults.add(
                    "muster.gateway.drain-timeout",
                    "must be shorter than %s, which is %ss: batches would be cut off in the middle"
                            .formatted(SHUTDOWN_PHASE, phase.toMillis() / 1e3));
        }
    }
}
