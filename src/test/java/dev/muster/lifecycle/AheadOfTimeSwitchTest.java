package dev.muster.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aot.AotDetector;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.logging.DeferredLog;
import org.springframework.core.SpringProperties;
import org.springframework.core.env.StandardEnvironment;

/// Which configuration does without ahead-of-time processing, so that it has its effect.
class AheadOfTimeSwitchTest {

    @Test
    void processingStaysOnWhenNothingIsConfigured() {
        assertThat(AheadOfTimeSwitch.obstacle(configured())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "server.port=9000",
                "server.address=0.0.0.0",
                "server.ssl.bundle=server",
                "spring.ssl.bundle.pem.server.keystore.certificate=/tls.crt",
                "spring.lifecycle.timeout-per-shutdown-phase=25s",
                "spring.application.name=pricing-gateway",
                "spring.aot.enabled=true",
                "muster.auth.mode=api-key",
                "muster.services.pricing.base-url=http://pricing:8080",
                "resilience4j.circuitbreaker.instances.pricing.sliding-window-size=20",
                "resilience4j.retry.configs.default.max-attempts=3",
                "logging.level.root=debug",
                "management.server.port=9001",
                "management.server.address=0.0.0.0",
                "management.endpoint.sbom.application.location=file:/app/sbom.json",
                "java.io.tmpdir=/tmp"
            })
    void processingStaysOnWhenNoConditionLooksAtTheProperty(String property) {
        assertThat(AheadOfTimeSwitch.obstacle(configured(property))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "spring.security.oauth2.resourceserver.jwt.jwk-set-uri=http://issuer/keys",
                "spring.main.lazy-initialization=true",
                "spring.application.admin.enabled=true",
                "management.tracing.export.enabled=true",
                "management.endpoints.web.exposure.include=*",
                "management.endpoint.health.group.readiness.include=readinessState",
                "management.endpoint.sbom.access=none",
                "springdoc.api-docs.enabled=false",
                "springdoc.show-actuator=true",
                "server.forward-headers-strategy=framework",
                "resilience4j.retry.metrics.enabled=true",
                "resilience4j.scheduled.executor.core-pool-size=1",
                "management.server.port=-1"
            })
    void processingIsOffWhenAConditionCouldLookAtTheProperty(String property) {
        assertThat(AheadOfTimeSwitch.obstacle(configured(property)))
                .hasValue(property.substring(0, property.indexOf('=')));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "springdoc.api-docs.enabled=true",
                "management.tracing.export.enabled=false",
                "management.endpoints.web.exposure.include=health, info, prometheus, musterservices"
            })
    void processingStaysOnWhenTheValueIsTheOneInTheJar(String property) {
        assertThat(AheadOfTimeSwitch.obstacle(configured(property))).isEmpty();
    }

    @Test
    void processingIsOffWhenManagementHasNoPortOfItsOwn() {
        assertThat(AheadOfTimeSwitch.obstacle(configured("server.port=9000", "management.server.port=9000")))
                .hasValue("management.server.port");
        assertThat(AheadOfTimeSwitch.obstacle(configured("server.port=0", "management.server.port=0")))
                .isEmpty();
    }

    @Test
    void processingIsOffWhenAProfileIsActive() {
        var environment = configured();
        environment.addActiveProfile("demo");

        assertThat(AheadOfTimeSwitch.obstacle(environment)).hasValue("spring.profiles.active");
    }

    @Test
    void processingIsOffWhenTheConfigurationInTheJarIsNotRead() {
        var environment = Environments.asStarted(Map.of("spring.config.name", "other"), Map.of());

        assertThat(AheadOfTimeSwitch.obstacle(environment)).hasValue("spring.config");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MANAGEMENT_TRACING_EXPORT_ENABLED=true",
                "SPRINGDOC_APIDOCS_ENABLED=false",
                "SPRINGDOC_API_DOCS_ENABLED=false",
                "SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUERURI=http://issuer",
                "SERVER_FORWARDHEADERSSTRATEGY=framework"
            })
    void processingIsOffWhenAVariableOfTheEnvironmentSaysSo(String variable) {
        assertThat(AheadOfTimeSwitch.obstacle(Environments.asStarted(Map.of(), map(variable))))
                .isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SERVER_ADDRESS=0.0.0.0",
                "MUSTER_AUTH_MODE=none",
                "MUSTER_SERVICES_PRICING_BASEURL=http://pricing:8080",
                "MANAGEMENT_SERVER_PORT=9001",
                "MANAGEMENT_ENDPOINT_SBOM_APPLICATION_LOCATION=file:/app/sbom.json",
                "SPRING_CONFIG_ADDITIONAL_LOCATION=optional:file:/nowhere/",
                "MANAGEMENT_TRACING_EXPORT_ENABLED=false",
                "KUBERNETES_SERVICE_HOST=10.0.0.1"
            })
    void processingStaysOnWhenAVariableOfTheEnvironmentIsHarmless(String variable) {
        assertThat(AheadOfTimeSwitch.obstacle(Environments.asStarted(Map.of(), map(variable))))
                .isEmpty();
    }

    @Test
    void processingThatIsInTheWayIsSwitchedOffBeforeTheContextIsMade() {
        SpringProperties.setFlag(AotDetector.AOT_ENABLED);
        try {
            post(configured("server.port=9000"));
            assertThat(AotDetector.useGeneratedArtifacts()).isTrue();

            post(configured("springdoc.api-docs.enabled=false"));
            assertThat(AotDetector.useGeneratedArtifacts()).isFalse();
        } finally {
            SpringProperties.setProperty(AotDetector.AOT_ENABLED, null);
        }
    }

    private static void post(StandardEnvironment environment) {
        new AheadOfTimeSwitch(_ -> new DeferredLog()).postProcessEnvironment(environment, new SpringApplication());
    }

    private static StandardEnvironment configured(String... properties) {
        return Environments.asStarted(map(properties), Map.of());
    }

    private static Map<String, Object> map(String... properties) {
        var map = new LinkedHashMap<String, Object>();
        for (String property : properties) {
            int equals = property.indexOf('=');
            map.put(property.substring(0, equals), property.substring(equals + 1));
        }
        return map;
    }
}
