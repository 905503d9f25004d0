package dev.muster.server;

import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import reactor.netty.http.HttpInfos;

/// What a request's first line has between its method and the version, as it came: Spring tells only what it makes of
/// that.
public final class RequestTarget {

    private static final String SCHEME_END = "://";

    private RequestTarget() {}

    /// The authority of a target in absolute form, or `null` where the target has another form.
    public static @Nullable String authority(ServerHttpRequest request) {
        HttpInfos received = ServerHttpRequestDecorator.getNativeRequest(request);
        String target = received.uri();
        int scheme = target.startsWith("/") ? -1 : target.indexOf(SCHEME_END);
        if (scheme < 0) {
            return null;
        }
        int begin = scheme + SCHEME_END.length();
        int end = begin;
        while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
            end++;
        }
        return target.substring(begin, end);
    }
}
