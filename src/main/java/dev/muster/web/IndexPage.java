package dev.muster.web;

import org.springframework.http.server.RequestPath;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Has `/` be the console, a file like any other, with its methods and validators.
final class IndexPage implements WebFilter {

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        RequestPath path = exchange.getRequest().getPath();
        return path.pathWithinApplication().value().equals("/")
                ? chain.filter(exchange.mutate()
                        .request(request -> request.path(path.contextPath().value() + "/index.html"))
                        .build())
                : chain.filter(exchange);
    }
}
