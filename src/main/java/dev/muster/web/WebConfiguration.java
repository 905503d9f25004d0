package dev.muster.web;

import dev.muster.auth.HostCheck;
import dev.muster.plan.NanoClock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/// What holds for every route, those of libraries included.
@Configuration(proxyBeanMethods = false)
class WebConfiguration {

    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    SecurityHeaders securityHeaders() {
        return new SecurityHeaders();
    }

    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE + 1)
    HostFilter hostFilter(HostCheck check) {
        return new HostFilter(check);
    }

    /// Before Spring's own, which write what a status says and nothing more.
    @Bean
    @Order(-2)
    ProblemHandler problemHandler(NanoClock clock) {
        return new ProblemHandler(clock);
    }

    @Bean
    IndexPage indexPage() {
        return new IndexPage();
    }

    @Bean
    static StaticFiles staticFiles() {
        return new StaticFiles();
    }
}
