package dev.muster.web;

import dev.muster.auth.HostCheck;
import dev.muster.plan.NanoClock;
import dev.muster.server.BareErrors;
import java.util.Objects;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

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
    BareErrors bareErrors() {
        return problemsOfBareErrors();
    }

    static BareErrors problemsOfBareErrors() {
        return new BareErrors(
                status -> Problem.ofStatus(
                                Objects.requireNonNullElse(HttpStatus.resolve(status), HttpStatus.BAD_REQUEST),
                                HttpHeaders.EMPTY)
                        .toJson(),
                SecurityHeaders.ALL);
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
