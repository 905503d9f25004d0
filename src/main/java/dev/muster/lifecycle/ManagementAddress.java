package dev.muster.lifecycle;

import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/// Has management listen where the API does, unless told otherwise.
///
/// As a default in `application.yaml` the address would be there, and refused, where the two share a port.
final class ManagementAddress implements EnvironmentPostProcessor, Ordered {

    /// After the configuration files were read.
    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        if (ManagementPortType.get(environment) == ManagementPortType.DIFFERENT) {
            environment
                    .getPropertySources()
                    .addLast(new MapPropertySource(
                            "managementAddress", Map.of("management.server.address", "${server.address}")));
        }
    }
}
