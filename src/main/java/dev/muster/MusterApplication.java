package dev.muster;

import dev.muster.lifecycle.CheckOnly;
import dev.muster.lifecycle.StopWhileStarting;
import dev.muster.server.ContainerLimits;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.security.autoconfigure.ReactiveUserDetailsServiceAutoConfiguration;
import org.springframework.boot.security.autoconfigure.actuate.web.reactive.ReactiveManagementWebSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration;
import org.springframework.boot.security.oauth2.client.autoconfigure.reactive.ReactiveOAuth2ClientWebSecurityAutoConfiguration;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.web.reactive.ReactiveOAuth2ResourceServerWebSecurityAutoConfiguration;

/// Starts Muster.
///
/// What Spring Boot would protect by itself, Muster protects or leaves open on purpose.
@SpringBootApplication(
        exclude = {
            ReactiveUserDetailsServiceAutoConfiguration.class,
            ReactiveWebSecurityAutoConfiguration.class,
            ReactiveManagementWebSecurityAutoConfiguration.class,
            ReactiveOAuth2ClientWebSecurityAutoConfiguration.class,
            ReactiveOAuth2ResourceServerWebSecurityAutoConfiguration.class
        })
@ConfigurationPropertiesScan
public class MusterApplication {

    public static void main(String[] args) {
        Runtime runtime = Runtime.getRuntime();
        ContainerLimits.apply(runtime.availableProcessors(), runtime.maxMemory());
        var application = new SpringApplication(MusterApplication.class);
        if (CheckOnly.isAskedForBy(args)) {
            CheckOnly.run(() -> application.run(args), System.out);
        } else {
            try (var stop = new StopWhileStarting()) {
                application.addListeners(stop);
                application.run(args);
            }
        }
    }
}
