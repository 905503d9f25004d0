package dev.muster.web;

import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.web.server.ServerWebExchange;

/// Tells by which port a request came in.
final class Ports {

    private Ports() {}

    /// Whether it was a port that management has for itself; where it has none, its endpoints are the API's.
    static boolean isManagement(ServerWebExchange exchange) {
        return WebServerApplicationContext.hasServerNamespace(exchange.getApplicationContext(), "management");
    }
}
