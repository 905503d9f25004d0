package dev.muster.web;

import static java.util.Objects.requireNonNull;

import dev.muster.plan.BatchProperties;
import dev.muster.views.ViewCatalogue;
import io.swagger.v3.core.util.Yaml31;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.media.Schema;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springdoc.core.properties.SpringDocConfigProperties;
import org.springdoc.core.properties.SwaggerUiConfigParameters;
import org.springdoc.core.properties.SwaggerUiConfigProperties;
import org.springdoc.core.providers.SpringWebProvider;
import org.springdoc.webflux.ui.SwaggerWelcomeWebFlux;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.util.UriComponentsBuilder;

/// Serves `openapi.yaml` as the API's description.
///
/// springdoc cannot infer what a functional route takes and answers, and describes a stream as an array. So the
/// document is written by hand, and takes the place of whatever springdoc has inferred. What of it is configured is
/// filled in: how many requests a batch may have, and the views.
///
/// A customizer, which has the last word, and not the `OpenAPI` bean that springdoc starts from: springdoc copies that
/// bean in a way that OpenAPI 3.1 schemas do not survive.
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "springdoc.api-docs.enabled", matchIfMissing = true)
class OpenApiConfiguration {

    private static final ClassPathResource DOCUMENT = new ClassPathResource("openapi.yaml");

    /// Reads the document when it is first asked for, which keeps it out of the start of the gateway; springdoc
    /// keeps the outcome.
    @Bean
    OpenApiCustomizer writtenDocument(BatchProperties batches, ViewCatalogue views) {
        return inferred -> {
            OpenAPI written = read();
            Schema<?> batch =
                    requireNonNull(written.getComponents().getSchemas().get("Batch"));
            requireNonNull(batch.getProperties().get("requests")).setMaxItems(batches.maxRequests());
            PathItem posted = requireNonNull(written.getPaths().get("/batches"));
            views.all().forEach(view -> written.path("/views/" + view.name(), ViewOperations.of(view, posted)));
            inferred.info(written.getInfo())
                    .servers(written.getServers())
                    .tags(written.getTags())
                    .paths(written.getPaths())
                    .components(written.getComponents());
        };
    }

    /// Takes the place of the one by springdoc.
    @Bean
    @ConditionalOnProperty(name = "springdoc.swagger-ui.enabled", matchIfMissing = true)
    SwaggerWelcomeWebFlux swaggerWelcome(
            SwaggerUiConfigProperties swaggerUi,
            SpringDocConfigProperties springDoc,
            ObjectProvider<SpringWebProvider> springWeb) {
        return new HostlessWelcome(swaggerUi, springDoc, springWeb);
    }

    /// Makes the addresses in Swagger UI's settings of paths only. springdoc makes one of `Host` and of the headers of
    /// proxies, which anybody may send.
    private static final class HostlessWelcome extends SwaggerWelcomeWebFlux {

        HostlessWelcome(
                SwaggerUiConfigProperties swaggerUi,
                SpringDocConfigProperties springDoc,
                ObjectProvider<SpringWebProvider> springWeb) {
            super(swaggerUi, springDoc, springWeb);
        }

        @Override
        protected void buildFromCurrentContextPath(SwaggerUiConfigParameters parameters, ServerWebExchange exchange) {
            init(parameters);
            String contextPath = exchange.getRequest().getPath().contextPath().value();
            parameters.setContextPath(contextPath);
            buildConfigUrl(parameters, UriComponentsBuilder.fromPath(contextPath));
        }
    }

    private static OpenAPI read() {
        try (var document = DOCUMENT.getInputStream()) {
            return Yaml31.mapper().readValue(document, OpenAPI.class);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
