package dev.muster.lifecycle;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.MusterApplication;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnResource;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.core.type.ClassMetadata;
import org.springframework.core.type.MethodMetadata;
import org.springframework.core.type.classreading.CachingMetadataReaderFactory;
import org.springframework.core.type.classreading.MetadataReaderFactory;

/// No condition on the class path escapes [AheadOfTimeSwitch]: what a user can configure and a condition looks at has
/// the
/// application start without ahead-of-time processing, which has decided it already.
///
/// A library that brings a new kind of condition fails this test until it is listed here, as one that nobody can
/// configure or with the properties that it looks at.
class AheadOfTimeConditionsTest {

    private static final List<String> IMPORTS = List.of(
            "META-INF/spring/org.springframework.boot.autoconfigure.AutoConfiguration.imports",
            "META-INF/spring/org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration.imports");

    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^:}]+)");

    /// What they look at is the same wherever the jar runs: its class path, the kind of application, and beans, which
    /// other conditions decide.
    private static final Set<String> FIXED = Set.of(
            "OnClassCondition",
            "OnBeanCondition",
            "OnWebApplicationCondition",
            "AspectJOnClasspathCondition",
            "ReactorOnClasspathCondition",
            "RxJava2OnClasspathCondition",
            "RxJava3OnClasspathCondition",
            "DefaultReactiveWebSecurityCondition",
            "DefaultServletWebSecurityCondition",
            "NonReactiveWebApplicationCondition",
            "NonServletApplicationCondition",
            "RSocketEnabledOrReactiveWebApplication",
            "MultipleNonPrimaryMeterRegistriesCondition",
            "LogbackLoggingCondition",
            "Log4JCoreLoggerContextCondition",
            // By the recorder that the application is given in code.
            "ApplicationStartupCondition",
            // In `dev.muster`: whether the context has a parent.
            "InManagementContext");

    /// By the properties in the attributes of their annotations.
    private static final Set<String> BY_ATTRIBUTES =
            Set.of("OnPropertyCondition", "OnExpressionCondition", "OnResourceCondition");

    /// What others look at, with a value that the jar's own configuration does not have.
    private static final Map<String, List<String>> LOOKS_AT = Map.ofEntries(
            entry("ProfileCondition", List.of("spring.profiles.active=demo")),
            entry("OnEnabledLoggingSystemCondition", List.of(LoggingSystem.SYSTEM_PROPERTY + "=none")),
            entry("OnThreadingCondition", List.of("spring.threads.virtual.enabled=true")),
            entry("OnManagementPortCondition", List.of("management.server.port=8080", "management.server.port=-1")),
            entry(
                    "OnAvailableEndpointCondition",
                    List.of(
                            "management.endpoints.web.exposure.include=*",
                            "management.endpoints.web.exposure.exclude=info",
                            "management.endpoints.jmx.exposure.include=*",
                            "management.endpoints.access.default=none",
                            "management.endpoints.access.max-permitted=none",
                            "management.endpoint.health.access=none",
                            "management.endpoint.sbom.access=none",
                            "management.endpoint.musterservices.access=none")),
            entry(
                    "OnEnabledHealthIndicatorCondition",
                    List.of("management.health.defaults.enabled=false", "management.health.ssl.enabled=false")),
            entry(
                    "OnEnabledInfoContributorCondition",
                    List.of("management.info.defaults.enabled=false", "management.info.java.enabled=true")),
            entry(
                    "OnMetricsExportEnabledCondition",
                    List.of(
                            "management.defaults.metrics.export.enabled=false",
                            "management.prometheus.metrics.export.enabled=false")),
            entry(
                    "OnEnabledTracingExportCondition",
                    List.of("management.tracing.export.enabled=true", "management.tracing.export.otlp.enabled=true")),
            entry("OnEnabledLoggingExportCondition", List.of("management.logging.export.enabled=false")),
            entry("OnDisabledOpenTelemetryCondition", List.of("management.opentelemetry.enabled=false")),
            entry("ExemplarContextProviderNotDisabledCondition", List.of("management.tracing.exemplars.include=none")),
            entry("SpanContextNotDisabledCondition", List.of("management.tracing.exemplars.include=none")),
            entry("OnEnabledResourceChainCondition", List.of("spring.web.resources.chain.enabled=true")),
            entry("OnExecutorCondition", List.of("spring.task.execution.mode=force")),
            entry("NoJacksonOrJackson2Preferred", List.of("spring.http.codecs.preferred-json-mapper=jackson2")),
            entry("ResourceBundleCondition", List.of("spring.messages.basename=others")),
            entry("GitResourceAvailableCondition", List.of("spring.info.git.location=file:/git.properties")),
            entry(
                    "LogFileCondition",
                    List.of(
                            "management.endpoint.logfile.external-file=/a.log",
                            "management.endpoint.logfile.access=none")),
            entry(
                    "MissingAlternativeUserDetailsManagerOrUserPropertiesConfigured",
                    List.of("spring.security.user.name=a", "spring.security.user.password=b")),
            entry("ClientsConfiguredCondition", List.of("spring.security.oauth2.client.registration.a.client-id=b")),
            entry("IssuerUriCondition", List.of("spring.security.oauth2.resourceserver.jwt.issuer-uri=http://a")),
            entry("JwkSetUriCondition", List.of("spring.security.oauth2.resourceserver.jwt.jwk-set-uri=http://a")),
            entry(
                    "KeyValueCondition",
                    List.of("spring.security.oauth2.resourceserver.jwt.public-key-location=file:/a.pem")),
            entry("PropertiesCondition", List.of("spring.security.oauth2.resourceserver.jwt.authority-prefix=a")),
            entry(
                    "OnAuthoritiesExpressionsCondition",
                    List.of("spring.security.oauth2.resourceserver.jwt.authorities-claim-expressions[0]=a")),
            entry("CacheOrGroupedOpenApiCondition", List.of("springdoc.cache.disabled=true")),
            entry("MultipleOpenApiSupportCondition", List.of("springdoc.group-configs[0].group=a")),
            entry("SpecPropertiesCondition", List.of("springdoc.open-api.info.title=a")));

    private final ConfigurableEnvironment environment = Environments.asStarted(Map.of(), Map.of());
    private final MetadataReaderFactory classes = new CachingMetadataReaderFactory();
    private final Set<String> found = new TreeSet<>();

    @Test
    void noConditionOnTheClassPathEscapes() {
        assertThat(escapingFrom(configurations())).isEmpty();
    }

    @Test
    void noListIsLongerThanItHasToBe() {
        escapingFrom(configurations());

        Set<String> listed = new TreeSet<>(FIXED);
        listed.addAll(BY_ATTRIBUTES);
        listed.addAll(LOOKS_AT.keySet());
        assertThat(found).isEqualTo(listed);
    }

    @Test
    void whatEscapesIsNamed() {
        assertThat(escapingFrom(List.of(Escaping.class.getName())))
                .containsExactlyInAnyOrder(
                        "muster.extra decides Escaping: the switch takes it for harmless",
                        "muster.more decides Escaping.more: the switch takes it for harmless",
                        "muster.yet decides Escaping.yet: the switch takes it for harmless",
                        "file:/extra decides Escaping.resource: it may come and go",
                        "SomeCondition decides Escaping$Inner: nobody has said what it looks at");
    }

    @Configuration
    @ConditionalOnProperty(prefix = "muster", name = "extra")
    static class Escaping {

        @Bean
        @ConditionalOnBooleanProperty("muster.more")
        String more() {
            return "";
        }

        @Bean
        @ConditionalOnExpression("${muster.yet:true} and ${springdoc.api-docs.enabled:true}")
        String yet() {
            return "";
        }

        @Bean
        @ConditionalOnResource(resources = {"file:/extra", "classpath:application.yaml"})
        String resource() {
            return "";
        }

        @Configuration
        @Conditional(SomeCondition.class)
        static class Inner {}
    }

    static final class SomeCondition implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return true;
        }
    }

    // What there is.

    private List<String> configurations() {
        var names = new ArrayList<String>();
        IMPORTS.forEach(imports -> names.addAll(named(imports)));
        names.addAll(own());
        return names;
    }

    private static List<String> named(String imports) {
        try {
            var names = new ArrayList<String>();
            for (var file : Collections.list(
                    Thread.currentThread().getContextClassLoader().getResources(imports))) {
                try (var text = file.openStream()) {
                    new String(text.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .map(line -> line.replaceFirst("#.*", "").strip())
                            .filter(line -> !line.isEmpty())
                            .forEach(names::add);
                }
            }
            return names;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /// All of Muster's own, as its tests and what was generated from it are in the same packages.
    private List<String> own() {
        try {
            String place = MusterApplication.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toString();
            var names = new ArrayList<String>();
            for (Resource file :
                    new PathMatchingResourcePatternResolver().getResources(place + "dev/muster/**/*.class")) {
                if (!String.valueOf(file.getFilename()).contains("__")) {
                    names.add(classes.getMetadataReader(file).getClassMetadata().getClassName());
                }
            }
            return names;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    // What decides.

    /// Of `roots` with the classes in them and those that they import.
    private Collection<String> escapingFrom(Collection<String> roots) {
        var escaping = new TreeSet<String>();
        Deque<String> left = new ArrayDeque<>(roots);
        Set<String> seen = new HashSet<>();
        while (!left.isEmpty()) {
            String name = left.pop();
            if (seen.add(name)) {
                AnnotationMetadata type = read(name);
                left.addAll(Arrays.asList(type.getMemberClassNames()));
                type.getAnnotations().stream(Import.class)
                        .flatMap(imports -> Stream.of(imports.getStringArray("value")))
                        .forEach(left::add);
                escaping.addAll(escaping(type, type.getAnnotations()));
                for (MethodMetadata method : type.getDeclaredMethods()) {
                    escaping.addAll(escaping(method, method.getAnnotations()));
                }
            }
        }
        return escaping;
    }

    /// Without loading a class, as many are of libraries that are not there.
    private AnnotationMetadata read(String name) {
        try {
            return classes.getMetadataReader(name).getAnnotationMetadata();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private List<String> escaping(Object where, MergedAnnotations annotations) {
        var escaping = new ArrayList<String>();
        annotations.stream(Conditional.class)
                .flatMap(conditional -> Stream.of(conditional.getStringArray("value")))
                .map(AheadOfTimeConditionsTest::simple)
                .forEach(condition -> {
                    found.add(condition);
                    if (!FIXED.contains(condition)
                            && !BY_ATTRIBUTES.contains(condition)
                            && !LOOKS_AT.containsKey(condition)) {
                        escaping.add("%s decides %s: nobody has said what it looks at"
                                .formatted(condition, described(where)));
                    }
                    LOOKS_AT.getOrDefault(condition, List.of()).stream()
                            .filter(property -> !isNoticed(property))
                            .forEach(property -> escaping.add(harmless(property, condition)));
                });
        properties(annotations)
                .filter(property -> !isNoticed(property + "=a value that nobody has"))
                .forEach(property -> escaping.add(harmless(property, described(where))));
        annotations.stream(ConditionalOnResource.class)
                .flatMap(condition -> Stream.of(condition.getStringArray("resources")))
                .filter(resource -> !resource.startsWith("classpath:") && !resource.startsWith("${"))
                .forEach(resource ->
                        escaping.add("%s decides %s: it may come and go".formatted(resource, described(where))));
        return escaping;
    }

    private static Stream<String> properties(MergedAnnotations annotations) {
        Stream<String> named = Stream.of(ConditionalOnProperty.class, ConditionalOnBooleanProperty.class)
                .flatMap(annotations::stream)
                .flatMap(AheadOfTimeConditionsTest::names);
        Stream<String> inText = Stream.concat(
                        annotations.stream(ConditionalOnExpression.class)
                                .map(condition -> condition.getString("value")),
                        annotations.stream(ConditionalOnResource.class)
                                .flatMap(condition -> Stream.of(condition.getStringArray("resources"))))
                .flatMap(text -> PLACEHOLDER.matcher(text).results().map(placeholder -> placeholder.group(1)));
        return Stream.concat(named, inText);
    }

    private static Stream<String> names(MergedAnnotation<?> condition) {
        String prefix = condition.getString("prefix");
        String before = prefix.isEmpty() || prefix.endsWith(".") ? prefix : prefix + '.';
        return Stream.of("name", "value")
                .flatMap(attribute -> Stream.of(condition.getStringArray(attribute)))
                .map(name -> before + name);
    }

    /// Whether the switch has an application with that property start without what was processed.
    private boolean isNoticed(String property) {
        int equals = property.indexOf('=');
        var source = new MapPropertySource(
                "configured", Map.of(property.substring(0, equals), property.substring(equals + 1)));
        environment.getPropertySources().addFirst(source);
        try {
            return AheadOfTimeSwitch.obstacle(environment).isPresent();
        } finally {
            environment.getPropertySources().remove(source.getName());
        }
    }

    private static String harmless(String property, String what) {
        return "%s decides %s: the switch takes it for harmless".formatted(property, what);
    }

    private static String described(Object where) {
        return where instanceof MethodMetadata method
                ? simple(method.getDeclaringClassName()) + '.' + method.getMethodName()
                : simpleWithOuter(((ClassMetadata) where).getClassName());
    }

    private static String simpleWithOuter(String name) {
        String inPackage = name.substring(name.lastIndexOf('.') + 1);
        return inPackage.substring(inPackage.indexOf('$') + 1);
    }

    private static String simple(String name) {
        return name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('$')) + 1);
    }
}
