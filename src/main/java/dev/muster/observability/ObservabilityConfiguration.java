package dev.muster.observability;

import dev.muster.fanout.BatchListener;
import dev.muster.fanout.Fanout;
import dev.muster.plan.NanoClock;
import dev.muster.resilience.Resilience;
import dev.muster.service.ServiceCatalogue;
import dev.muster.upstream.UpstreamClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import reactor.core.scheduler.Scheduler;

/// Meters, log and health always; traces where Spring Boot has made a tracer.
@Configuration(proxyBeanMethods = false)
class ObservabilityConfiguration {

    @Bean
    @Primary
    BatchListener batchListener(
            ServiceCatalogue services,
            MeterRegistry registry,
            Scheduler timer,
            ObjectProvider<Tracer> tracers,
            ObjectProvider<Propagator> propagators) {
        var always = new Listeners(new BatchMeters(services.all(), registry), new BatchLog(timer));
        Tracer tracer = tracers.getIfAvailable();
        return tracer == null ? always : new BatchTraces(tracer, propagators.getObject(), always);
    }

    @Bean
    Gauges gauges(Fanout fanout, UpstreamClient client, Resilience resilience) {
        return new Gauges(fanout, client, resilience);
    }

    /// `room`, of the group `readiness`.
    @Bean
    Readiness roomHealthIndicator(Fanout fanout, NanoClock clock) {
        return new Readiness(fanout, clock);
    }

    @Bean
    ServicesEndpoint servicesEndpoint(UpstreamClient client, Resilience resilience) {
        return new ServicesEndpoint(client, resilience);
    }
}
