package dev.muster.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.ResolvableType;
import org.springframework.core.io.Resource;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.codec.ResourceHttpMessageWriter;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.resource.ResourceWebHandler;
import org.springframework.web.reactive.resource.TransformedResource;
import reactor.core.publisher.Mono;

/// Has browsers ask each time whether a file is still the one that they have, by what is in it.
///
/// The time of a file in the jar is the same in every build, so that by it they would keep the modules of an old
/// console next to those of a new one. Holds of all files, also those that springdoc serves.
final class StaticFiles implements BeanPostProcessor {

    /// By what may change of a file while Muster runs, where it is not in the jar.
    private final Map<Version, String> tags = new ConcurrentHashMap<>();

    private record Version(String description, long modified, long length) {}

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (bean instanceof SimpleUrlHandlerMapping mapping) {
            mapping.getUrlMap().values().stream()
                    .filter(ResourceWebHandler.class::isInstance)
                    .map(ResourceWebHandler.class::cast)
                    .forEach(this::configure);
        }
        return bean;
    }

    private void configure(ResourceWebHandler files) {
        files.setUseLastModified(false);
        files.setEtagGenerator(this::tag);
        files.setCacheControl(CacheControl.noCache());
        files.setResourceHttpMessageWriter(new WholeFiles());
    }

    private String tag(Resource file) {
        try {
            // Made for a request, and small.
            return file instanceof TransformedResource
                    ? hash(file)
                    : tags.computeIfAbsent(
                            new Version(file.getDescription(), file.lastModified(), file.contentLength()),
                            _ -> hash(file));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String hash(Resource file) {
        try (InputStream content = file.getInputStream();
                var digest = new DigestInputStream(content, MessageDigest.getInstance("SHA-256"))) {
            digest.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digest.getMessageDigest().digest(), 0, 16);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    /// Sends no parts of files, which are small. Spring's answer to a range that is not there has the length of the
    /// file and nothing of it, so that the client would wait for the rest.
    private static final class WholeFiles extends ResourceHttpMessageWriter {

        @Override
        public Mono<Void> write(
                Publisher<? extends Resource> file,
                @Nullable ResolvableType actualType,
                ResolvableType elementType,
                @Nullable MediaType mediaType,
                ServerHttpRequest request,
                ServerHttpResponse response,
                Map<String, Object> hints) {
            return write(file, elementType, mediaType, response, hints);
        }

        @Override
        public Mono<Void> addDefaultHeaders(
                ReactiveHttpOutputMessage response,
                Resource file,
                @Nullable MediaType mediaType,
                Map<String, Object> hints) {
            return super.addDefaultHeaders(response, file, mediaType, hints)
                    .doOnSuccess(_ -> response.getHeaders().remove(HttpHeaders.ACCEPT_RANGES));
        }
    }
}
