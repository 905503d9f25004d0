package dev.muster.web;

import java.util.Map;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Tells browsers what they may do with an answer, whatever it is: take it for nothing but what it says it is, load
/// nothing from elsewhere, show it in nobody's frame, and tell nobody where they came from.
///
/// One policy for pages and documents alike. Swagger UI has its images in its style sheet, hence `data:`.
public final class SecurityHeaders implements WebFilter {

    /// Values by names.
    public static final Map<String, String> ALL = Map.of(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options",
            "nosniff",
            "Referrer-Policy",
            "no-referrer");

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        ALL.forEach(exchange.getResponse().getHeaders()::set);
        return chain.filter(exchange);
    }
}
