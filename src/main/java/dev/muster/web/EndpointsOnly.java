package dev.muster.web;

import java.util.Collection;
import java.util.List;
import org.springframework.boot.webflux.actuate.endpoint.web.AbstractWebFluxEndpointHandlerMapping;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.PathContainer;
import org.springframework.http.server.PathContainer.PathSegment;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Leaves nothing but actuator's endpoints on the port of management.
///
/// Its context is a child of the application's, and Spring looks for routes, files and pages in a context and all
/// above it: without this, the port would serve whatever the API's does, batches included.
public final class EndpointsOnly implements WebFilter {

    private final List<AbstractWebFluxEndpointHandlerMapping> endpoints;

    /// @param endpoints those of the port's own context
    public EndpointsOnly(Collection<AbstractWebFluxEndpointHandlerMapping> endpoints) {
        this.endpoints = List.copyOf(endpoints);
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        return Flux.fromIterable(hasDotSegment(exchange.getRequest().getPath()) ? List.of() : endpoints)
                .concatMap(mapping -> mapping.getHandler(exchange), 1)
                .hasElements()
                .flatMap(known ->
                        known ? chain.filter(exchange) : Mono.error(new ResponseStatusException(HttpStatus.NOT_FOUND)));
    }

    /// Who resolves such a path means another one than Spring, which takes it as it stands.
    private static boolean hasDotSegment(PathContainer path) {
        return path.elements().stream()
                .filter(PathSegment.class::isInstance)
                .map(segment -> ((PathSegment) segment).valueToMatch())
                .anyMatch(segment -> segment.equals(".") || segment.equals(".."));
    }
}
