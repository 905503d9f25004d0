package dev.muster.call;

import dev.muster.outcome.UpstreamResponse;
import dev.muster.request.RequestMessage;
import dev.muster.resilience.Endpoint;
import dev.muster.service.ServiceCatalogue;
import dev.muster.upstream.ProtocolException;
import dev.muster.upstream.UpstreamRequest;
import dev.muster.url.HttpUrl;
import dev.muster.url.UrlReference;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
        String location = response.header("location");
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
        RequestMessage sent = request.message();
        Map<String, List<String>> headers = new HashMap<>(sent.headers());
        boolean sameOrigin = HttpUrl.origin(request.uri()).equals(HttpUrl.origin(to));
        if (!sameOrigin) {
            headers.keySet().removeAll(CREDENTIALS);
            headers.keySet().removeAll(services.forwardedHeaders());
        }
        boolean becomesGet = switch (status) {
            case 303 -> !sent.method().equals("HEAD");
            case 301, 302 -> sent.method().equals("POST");
            default -> false;
        };
        if (becomesGet) {
            headers.keySet().removeIf(name -> name.startsWith("content-"));
        }
        return new UpstreamRequest(
                to,
                sameOrigin ? request.service() : services.ofHost(Objects.requireNonNull(HttpUrl.host(to))),
                becomesGet ? new RequestMessage("GET", headers, null) : sent.withHeaders(headers),
                request.strayed() || !sameOrigin);
    }

    private static URI resolve(URI from, @Nullable String location) {
        URI to;
        try {
            to = UrlReference.resolve(from, String.valueOf(location));
        } catch (URISyntaxException invalid) {
            throw new ProtocolException("redirected to what is no URL");
        }
        if (HttpUrl.hasUserInformation(to)) {
            throw new ProtocolException("redirected to a URL with user information");
        }
        boolean http = "http".equalsIgnoreCase(to.getScheme()) || "https".equalsIgnoreCase(to.getScheme());
        if (!http || HttpUrl.host(to) == null) {
            throw new ProtocolException("redirected to what is no http or https URL");
        }
        return to;
    }

    /// The base URL that `attempt` went to, if `next` stays with it.
    static @Nullable Endpoint sameHost(UpstreamRequest next, Attempt attempt) {
        Endpoint endpoint = attempt.endpoint();
        return endpoint != null && HttpUrl.origin(endpoint.baseUrl()).equals(HttpUrl.origin(next.uri()))
                ? endpoint
                : null;
    }
}
