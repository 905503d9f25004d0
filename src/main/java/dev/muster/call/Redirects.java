package dev.muster.call;

import dev.muster.resilience.Endpoint;
import dev.muster.service.ServiceCatalogue;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where a redirect leads, by the rules of RFC 9110, section 15.4.
final class Redirects {

    private static final Set<String> CREDENTIALS = Set.of("authorization", "cookie");

    private final ServiceCatalogue services;

    Redirects(ServiceCatalogue services) {
        this.services = services;
    }

    /// The request that `response` to `request` redirects to, or `null` if it does not redirect.
    ///
    /// @throws ProtocolException if it redirects to what is no `http` or `https` URL
    @Nullable
    UpstreamRequest next(UpstreamRequest request, UpstreamResponse response) {
        String location = response.headers().get(HttpHeaderNames.LOCATION);
        return location != null && isRedirect(response.status())
                ? follow(request, response.status(), resolve(request.uri(), location))
                : null;
    }

    /// Whether a response with that status and a `Location` is followed, where redirects are.
    static boolean isRedirect(int status) {
        return switch (status) {
            case 301, 302, 303, 307, 308 -> true;
            default -> false;
        };
    }

    private UpstreamRequest follow(UpstreamRequest request, int status, URI to) {
        Map<String, List<String>> headers = new HashMap<>(request.headers());
        boolean sameOrigin = sameOrigin(request.uri(), to);
        if (!sameOrigin) {
            headers.keySet().removeAll(CREDENTIALS);
            headers.keySet().removeAll(services.forwardedHeaders());
        }
        boolean becomesGet = switch (status) {
            case 303 -> !request.method().equals("HEAD");
            case 301, 302 -> request.method().equals("POST");
            default -> false;
        };
        if (becomesGet) {
            headers.keySet().removeIf(name -> name.startsWith("content-"));
        }
        return new UpstreamRequest(
                to,
                sameOrigin ? request.service() : services.ofHost(to.getHost()),
                becomesGet ? "GET" : request.method(),
                headers,
                becomesGet ? null : request.body());
    }

    private static URI resolve(URI from, @Nullable String location) {
        try {
            URI to = resolve(from, new URI(String.valueOf(location)));
            boolean http = "http".equalsIgnoreCase(to.getScheme()) || "https".equalsIgnoreCase(to.getScheme());
            if (http && to.getHost() != null && to.getRawUserInfo() == null) {
                return to;
            }
        } catch (URISyntaxException invalid) {
            throw new ProtocolException("redirected to what is no URL");
        }
        throw new ProtocolException("redirected to what is no http or https URL");
    }

    /// As RFC 3986 has it: `java.net.URI` goes by the older RFC 2396, where a mere query loses the path.
    private static URI resolve(URI from, URI location) {
        boolean onlyQuery = !location.isAbsolute()
                && location.getRawAuthority() == null
                && location.getRawPath().isEmpty()
                && location.getRawQuery() != null;
        return onlyQuery
                ? URI.create("%s://%s%s?%s"
                        .formatted(from.getScheme(), from.getRawAuthority(), from.getRawPath(), location.getRawQuery()))
                : withoutDotSegments(from.resolve(location));
    }

    /// An absolute location is taken as it is by `java.net.URI`, dot segments and all.
    private static URI withoutDotSegments(URI uri) {
        return uri.getRawPath() != null && uri.getRawPath().contains("/.") ? uri.normalize() : uri;
    }

    /// The base URL that `attempt` went to, if `next` stays with it.
    static @Nullable Endpoint sameHost(UpstreamRequest next, Attempt attempt) {
        Endpoint endpoint = attempt.endpoint();
        return endpoint != null && sameOrigin(endpoint.baseUrl(), next.uri()) ? endpoint : null;
    }

    private static boolean sameOrigin(URI one, URI other) {
        return one.getScheme().equalsIgnoreCase(other.getScheme())
                && one.getHost().equalsIgnoreCase(other.getHost())
                && port(one) == port(other);
    }

    private static int port(URI uri) {
        if (uri.getPort() >= 0) {
            return uri.getPort();
        }
        return "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }
}
