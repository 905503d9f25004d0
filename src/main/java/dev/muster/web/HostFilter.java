package dev.muster.web;

import dev.muster.auth.AllowedHosts;
import dev.muster.auth.HostCheck;
import dev.muster.server.RequestTarget;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Refuses requests that do not say clearly whom they address, or address another (RFC 9112, section 3.2).
///
/// `Host` and the authority of a request's target in absolute form are both judged: which of them a proxy or a browser
/// went by is not known here. Under HTTP/2, `Host` is what came as `:authority`.
final class HostFilter implements WebFilter {

    private final HostCheck check;

    HostFilter(HostCheck check) {
        this.check = check;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        boolean management = Ports.isManagement(exchange);
        if (management && !check.management()) {
            return chain.filter(exchange);
        }
        Problem problem = problem(exchange.getRequest(), management || check.api());
        return problem == null ? chain.filter(exchange) : ProblemWriter.write(exchange, problem);
    }

    private @Nullable Problem problem(ServerHttpRequest request, boolean named) {
        List<String> hosts = request.getHeaders().getOrEmpty(HttpHeaders.HOST);
        String host = hosts.size() == 1 ? AllowedHosts.hostOf(hosts.getFirst()) : null;
        if (host == null) {
            return badRequest("a request has exactly one header Host, a name or address with or without a port");
        }
        String authority = RequestTarget.authority(request);
        String target = authority == null ? host : AllowedHosts.hostOf(authority);
        if (target == null) {
            return badRequest("the authority of the request's target is not a name or address with or without a port");
        }
        if (named && !(check.allowed().allows(host) && check.allowed().allows(target))) {
            return forbidden("Host");
        }
        boolean known =
                request.getHeaders().getOrEmpty(HttpHeaders.ORIGIN).stream().allMatch(check.allowed()::allowsOrigin);
        return named && !known ? forbidden("Origin") : null;
    }

    private static Problem badRequest(String detail) {
        return Problem.of(HttpStatus.BAD_REQUEST, "bad-request", "Bad request", detail);
    }

    private static Problem forbidden(String header) {
        return Problem.of(
                HttpStatus.FORBIDDEN,
                "forbidden",
                "Forbidden",
                "header %s names a host that is neither loopback nor in muster.auth.allowed-hosts".formatted(header));
    }
}
