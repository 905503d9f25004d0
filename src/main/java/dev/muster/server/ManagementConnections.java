package dev.muster.server;

import dev.muster.plan.NanoClock;
import java.time.Duration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import reactor.core.scheduler.Scheduler;

/// The connections of management, where it has a port of its own: whoever reaches that may take no more of the instance
/// than by the other. `META-INF/spring` tells actuator of this.
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@Conditional(InManagementContext.class)
class ManagementConnections {

    /// Probes and scrapers are few.
    private static final int MOST = 100;

    /// Nobody runs them dry: they are closed when there is nothing left to probe.
    @Bean
    ClientConnections managementClientConnections(Scheduler timer) {
        return new ClientConnections(MOST, Duration.ZERO, timer);
    }

    @Bean
    StalledClients managementStalledClients(ClientProperties clients, NanoClock clock) {
        return new StalledClients(clients.writeTimeout(), clock);
    }
}
