package dev.muster.lifecycle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;

/// Environments as Spring Boot makes them, of the jar's own file and what a test adds.
final class Environments {

    private Environments() {}

    /// @param properties `name=value`
    static ConfigurableEnvironment with(String... properties) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (String property : properties) {
            map.put(property.substring(0, property.indexOf('=')), property.substring(property.indexOf('=') + 1));
        }
        return of(new MapPropertySource("test", map));
    }

    /// @param variables `NAME=value`
    static ConfigurableEnvironment withVariables(String... variables) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (String variable : variables) {
            map.put(variable.substring(0, variable.indexOf('=')), variable.substring(variable.indexOf('=') + 1));
        }
        return of(new SystemEnvironmentPropertySource("test-systemEnvironment", map));
    }

    static ConfigurableEnvironment withYaml(String yaml) {
        return of(load("test", new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)))
                .toArray(PropertySource<?>[]::new));
    }

    static ConfigurableEnvironment of(PropertySource<?>... sources) {
        var environment = new StandardEnvironment();
        environment.getPropertySources().remove(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME);
        environment.getPropertySources().remove(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);
        for (PropertySource<?> source : sources) {
            environment.getPropertySources().addLast(source);
        }
        load("application.yaml", new ClassPathResource("application.yaml"))
                .forEach(environment.getPropertySources()::addLast);
        ConfigurationPropertySources.attach(environment);
        return environment;
    }

    /// With the files read as Spring Boot reads them, profiles and all.
    static StandardEnvironment asStarted(Map<String, Object> properties, Map<String, Object> variables) {
        var environment = new StandardEnvironment();
        var sources = environment.getPropertySources();
        sources.replace(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                new SystemEnvironmentPropertySource(
                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new HashMap<>(variables)));
        sources.addFirst(new MapPropertySource("commandLineArgs", properties));
        ConfigurationPropertySources.attach(environment);
        ConfigDataEnvironmentPostProcessor.applyTo(environment);
        return environment;
    }

    private static List<PropertySource<?>> load(String name, Resource yaml) {
        try {
            return new YamlPropertySourceLoader().load(name, yaml);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
