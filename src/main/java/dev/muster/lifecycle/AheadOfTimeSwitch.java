package dev.muster.lifecycle;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.logging.Log;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.AotDetector;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.logging.DeferredLogFactory;
import org.springframework.core.Ordered;
import org.springframework.core.SpringProperties;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;

/// Starts without Spring's ahead-of-time processing where something is configured that could add or remove beans.
///
/// That processing decides every condition when the jar is built, by `application.yaml` as it is in the jar; by itself,
/// a property that asks for more would silently do nothing. The rule is on the safe side: what it does not know to be
/// harmless costs the fast start, and never its effect.
final class AheadOfTimeSwitch implements EnvironmentPostProcessor, Ordered {

    /// What the context was processed with.
    private static final String PROCESSED = "class path resource [application.yaml]";

    private static final ConfigurationPropertyName ITSELF = ConfigurationPropertyName.of(AotDetector.AOT_ENABLED);
    private static final String MANAGEMENT_PORT = "management.server.port";
    private static final ConfigurationPropertyName RESILIENCE = ConfigurationPropertyName.of("resilience4j");

    /// Below these, conditions of Spring Boot, springdoc and Resilience4j look for properties.
    private static final Set<ConfigurationPropertyName> CONDITIONAL = names(
            "spring",
            "management",
            "springdoc",
            "resilience4j",
            "server.forward-headers-strategy",
            "org.springframework.boot.logging");

    /// Of those, what is read when the application runs, and by no condition.
    private static final Set<ConfigurationPropertyName> HARMLESS = names(
            "spring.application.group",
            "spring.application.json",
            "spring.application.name",
            "spring.application.pid",
            "spring.application.title",
            "spring.application.version",
            "spring.config",
            "spring.lifecycle",
            "spring.ssl",
            "management.endpoint.sbom.application",
            "management.server");

    /// `resilience4j.<pattern>.<one of these>`
    private static final Set<String> SETTINGS_OF_INSTANCES = Set.of("configs", "instances", "backends", "limiters");

    private final Log log;

    AheadOfTimeSwitch(DeferredLogFactory logs) {
        this.log = logs.getLog(AheadOfTimeSwitch.class);
    }

    /// After the configuration files were read.
    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        if (AotDetector.useGeneratedArtifacts()) {
            obstacle(environment).ifPresent(property -> {
                SpringProperties.setProperty(AotDetector.AOT_ENABLED, "false");
                log.info("Starting without Spring's ahead-of-time processing, which takes longer, because of %s"
                        .formatted(property));
            });
        }
    }

    /// The name of a property that could make other beans than the processed ones; never its value.
    static Optional<String> obstacle(ConfigurableEnvironment environment) {
        if (environment.getActiveProfiles().length > 0) {
            return Optional.of("spring.profiles.active");
        }
        var sources = environment.getPropertySources();
        var processed = sources.stream()
                .filter(AheadOfTimeSwitch::isProcessed)
                .map(ConfigurationPropertySource::from)
                .findFirst();
        if (processed.isEmpty()) {
            return Optional.of("spring.config");
        }
        if (hasOnePort(environment)) {
            return Optional.of(MANAGEMENT_PORT);
        }
        return sources.stream()
                .filter(source -> source instanceof EnumerablePropertySource && !isProcessed(source))
                .map(ConfigurationPropertySource::from)
                .filter(IterableConfigurationPropertySource.class::isInstance)
                .map(IterableConfigurationPropertySource.class::cast)
                .flatMap(source -> source.stream()
                        .filter(name -> !isHarmless(name))
                        .filter(name -> !isTheSame(name, source, processed.get(), environment)))
                .map(ConfigurationPropertyName::toString)
                .findFirst();
    }

    private static boolean isProcessed(PropertySource<?> source) {
        return source.getName().contains(PROCESSED);
    }

    private static boolean isHarmless(ConfigurationPropertyName name) {
        return name.equals(ITSELF)
                || isWithin(HARMLESS, name)
                || !isWithin(CONDITIONAL, name)
                || (RESILIENCE.isAncestorOf(name)
                        && name.getNumberOfElements() > 2
                        && SETTINGS_OF_INSTANCES.contains(name.getElement(2, ConfigurationPropertyName.Form.UNIFORM)));
    }

    private static boolean isWithin(Set<ConfigurationPropertyName> roots, ConfigurationPropertyName name) {
        return roots.stream().anyMatch(root -> root.equals(name) || root.isAncestorOf(name));
    }

    private static boolean isTheSame(
            ConfigurationPropertyName name,
            ConfigurationPropertySource configured,
            ConfigurationPropertySource processed,
            ConfigurableEnvironment environment) {
        String before = value(processed, name, environment);
        return before != null && before.equals(value(configured, name, environment));
    }

    private static @Nullable String value(
            ConfigurationPropertySource source, ConfigurationPropertyName name, ConfigurableEnvironment environment) {
        var property = source.getConfigurationProperty(name);
        return property == null ? null : environment.resolvePlaceholders(String.valueOf(property.getValue()));
    }

    /// Whether management is on the server's port, or on none: conditions tell these from a port of its own.
    private static boolean hasOnePort(ConfigurableEnvironment environment) {
        String server = environment.getProperty("server.port", "8080").strip();
        String management = environment.getProperty(MANAGEMENT_PORT, server).strip();
        return management.startsWith("-") || (!management.equals("0") && management.equals(server));
    }

    private static Set<ConfigurationPropertyName> names(String... names) {
        return Stream.of(names).map(ConfigurationPropertyName::of).collect(Collectors.toUnmodifiableSet());
    }
}
