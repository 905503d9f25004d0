package dev.muster.web;

import dev.muster.server.BareErrors;
import dev.muster.server.InManagementContext;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.boot.webflux.actuate.endpoint.web.AbstractWebFluxEndpointHandlerMapping;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/// What is on the port of management, where it has one of its own; `META-INF/spring` tells actuator of this.
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@Conditional(InManagementContext.class)
class ManagementConfiguration {

    /// Before any other filter, and the question who calls.
    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE + 2)
    EndpointsOnly endpointsOnly(ApplicationContext management) {
        return new EndpointsOnly(management
                .getBeansOfType(AbstractWebFluxEndpointHandlerMapping.class)
                .values());
    }

    /// Those of the application's context are not asked for the servers of others.
    @Bean
    BareErrors managementBareErrors() {
        return WebConfiguration.problemsOfBareErrors();
    }
}
