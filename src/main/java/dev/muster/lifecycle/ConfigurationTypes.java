package dev.muster.lifecycle;

import dev.muster.admission.CallersProperties;
import dev.muster.auth.AuthProperties;
import dev.muster.demo.DemoProperties;
import dev.muster.egress.EgressProperties;
import dev.muster.plan.BatchProperties;
import dev.muster.plan.CapacityProperties;
import dev.muster.plan.DetachedProperties;
import dev.muster.plan.PropagationProperties;
import dev.muster.plan.ResponseProperties;
import dev.muster.server.ClientProperties;
import dev.muster.server.TransportProperties;
import dev.muster.service.MusterServicesProperties;
import dev.muster.views.ViewsProperties;
import io.github.resilience4j.springboot.bulkhead.autoconfigure.BulkheadProperties;
import io.github.resilience4j.springboot.bulkhead.autoconfigure.ThreadPoolBulkheadProperties;
import io.github.resilience4j.springboot.circuitbreaker.autoconfigure.CircuitBreakerProperties;
import io.github.resilience4j.springboot.micrometer.autoconfigure.TimerProperties;
import io.github.resilience4j.springboot.ratelimiter.autoconfigure.RateLimiterProperties;
import io.github.resilience4j.springboot.retry.autoconfigure.RetryProperties;
import io.github.resilience4j.springboot.scheduled.threadpool.autoconfigure.ContextAwareScheduledThreadPoolProperties;
import io.github.resilience4j.springboot.timelimiter.autoconfigure.TimeLimiterProperties;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.AnnotatedElementUtils;

/// The types that the configuration is bound to, and with them every name that there is.
final class ConfigurationTypes {

    /// The names below these are checked; all others are Spring Boot's, or of somebody else.
    static final List<String> ROOTS = List.of("muster", "resilience4j");

    static final List<Class<?>> ALL = List.of(
            BatchProperties.class,
            ResponseProperties.class,
            CapacityProperties.class,
            DetachedProperties.class,
            PropagationProperties.class,
            ClientProperties.class,
            MusterServicesProperties.class,
            ViewsProperties.class,
            CallersProperties.class,
            EgressProperties.class,
            TransportProperties.class,
            AuthProperties.class,
            DemoProperties.class,
            CircuitBreakerProperties.class,
            RetryProperties.class,
            BulkheadProperties.class,
            RateLimiterProperties.class,
            TimeLimiterProperties.class,
            ThreadPoolBulkheadProperties.class,
            TimerProperties.class,
            ContextAwareScheduledThreadPoolProperties.class);

    /// What Resilience4j reads by conditions alone stands in no type, only in what it tells editors.
    private static final Pattern TOLD_TO_EDITORS = Pattern.compile("\"name\":\\s*\"(resilience4j\\.[a-z0-9.-]+)\"");

    private ConfigurationTypes() {}

    static String prefix(Class<?> type) {
        ConfigurationProperties annotation =
                AnnotatedElementUtils.getMergedAnnotation(type, ConfigurationProperties.class);
        if (annotation == null) {
            throw new IllegalArgumentException(type + " is no type of properties");
        }
        return annotation.prefix();
    }

    /// Every property below the roots.
    static PropertyTree tree() {
        PropertyTree tree = new PropertyTree.Section(Map.of());
        for (Class<?> type : ALL) {
            tree = tree.and(PropertyTree.of(ResolvableType.forClass(type)).below(prefix(type)));
        }
        for (String name : toldToEditors()) {
            tree = tree.and(new PropertyTree.Value(Object.class).below(name));
        }
        return tree;
    }

    private static List<String> toldToEditors() {
        try {
            List<URL> all = Collections.list(ConfigurationTypes.class
                    .getClassLoader()
                    .getResources("META-INF/spring-configuration-metadata.json"));
            for (URL url : all) {
                if (url.getPath().contains("resilience4j-spring-boot")) {
                    try (var text = url.openStream()) {
                        return TOLD_TO_EDITORS
                                .matcher(new String(text.readAllBytes(), StandardCharsets.UTF_8))
                                .results()
                                .map(match -> match.group(1))
                                .toList();
                    }
                }
            }
            return List.of();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
