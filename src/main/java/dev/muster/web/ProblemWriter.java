package dev.muster.web;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// Answers an exchange with a problem, where no handler is there to return a response.
final class ProblemWriter {

    private ProblemWriter() {}

    static Mono<Void> write(ServerWebExchange exchange, Problem problem) {
        ServerHttpResponse response = exchange.getResponse();
        byte[] body = problem.toJson();
        response.setStatusCode(problem.status());
        HttpHeaders headers = response.getHeaders();
        // What was meant for the answer that did not come about.
        headers.clearContentHeaders();
        headers.remove(HttpHeaders.ACCEPT_RANGES);
        headers.setETag(null);
        headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
        headers.setContentLength(body.length);
        headers.setCacheControl("no-store");
        problem.retryAfterSeconds().ifPresent(seconds -> headers.set(HttpHeaders.RETRY_AFTER, Long.toString(seconds)));
        return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
    }
}
