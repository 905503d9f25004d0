package dev.muster.web;

import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/// Lets go of what an answer needs when its exchange is over, however it ends: the answer has left, or its client has.
final class AnswerEnd implements WebFilter {

    private static final String HELD = AnswerEnd.class.getName();

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        Disposable.Composite held = Disposables.composite();
        exchange.getAttributes().put(HELD, held);
        return chain.filter(exchange).doFinally(_ -> held.dispose());
    }

    /// Disposes of `held` when the exchange of `request` is over, at once if it is already.
    static void hold(ServerRequest request, Disposable held) {
        request.exchange().<Disposable.Composite>getRequiredAttribute(HELD).add(held);
    }
}
