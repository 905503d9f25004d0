package dev.muster.observability;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/// Leaves everything about traces out while `management.tracing.export.enabled` is false.
///
/// By itself that property only keeps spans from being exported; they would still be made for every request, and a
/// tracer would still be looked for by every observation.
final class TracingSwitch implements AutoConfigurationImportFilter, EnvironmentAware {

    private static final String PROPERTY = "management.tracing.export.enabled";
    private static final List<String> TRACING =
            List.of("org.springframework.boot.micrometer.tracing.", "org.springframework.boot.opentelemetry.");

    private boolean on;

    @Override
    public void setEnvironment(Environment environment) {
        on = environment.getProperty(PROPERTY, Boolean.class, false);
    }

    @Override
    public boolean[] match(@Nullable String[] autoConfigurations, AutoConfigurationMetadata metadata) {
        boolean[] wanted = new boolean[autoConfigurations.length];
        for (int i = 0; i < wanted.length; i++) {
            String name = autoConfigurations[i];
            wanted[i] = on || name == null || TRACING.stream().noneMatch(name::startsWith);
        }
        return wanted;
    }
}
