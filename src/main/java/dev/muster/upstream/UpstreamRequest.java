package dev.muster.upstream;

import dev.muster.plan.CallPlan;
import dev.muster.plan.Destination;
import dev.muster.request.RequestMessage;
import dev.muster.service.Service;
import dev.muster.url.HttpUrl;
import java.net.URI;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One request to one upstream.
///
/// @param uri     its host is lower-cased, in whatever case it is given
/// @param service whose pool it uses
/// @param strayed whether a redirect to another origin has led to it, or to one before it
public record UpstreamRequest(URI uri, Service service, RequestMessage message, boolean strayed) {

    public UpstreamRequest {
        uri = withLowerCasedHost(uri);
    }

    /// The first request of an attempt.
    ///
    /// @param baseUrl where it goes, for a call by path to a service that has several
    public static UpstreamRequest of(CallPlan call, @Nullable URI baseUrl) {
        Destination to = call.destination();
        URI uri = baseUrl == null ? to.uri() : HttpUrl.of(baseUrl + Objects.requireNonNull(to.path()));
        return new UpstreamRequest(uri, call.service(), call.message(), false);
    }

    /// One spelling of a host: upstreams get to see no other, and one host has one pool.
    private static URI withLowerCasedHost(URI uri) {
        String authority = uri.getRawAuthority();
        if (authority == null || authority.equals(authority.toLowerCase(Locale.ROOT))) {
            return uri;
        }
        String text = uri.toString();
        int start = text.indexOf(authority);
        return URI.create(text.substring(0, start)
                + authority.toLowerCase(Locale.ROOT)
                + text.substring(start + authority.length()));
    }
}
