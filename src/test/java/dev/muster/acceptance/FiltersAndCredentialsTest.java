package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.MusterApplication;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/// Services that want to know who calls, and filters of whoever builds on Muster: the whole of it, over the wire.
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class FiltersAndCredentialsTest {

    private static final String SECRET = "cl13nt-s3cr3t";
    private static final String KEY = "l3g4cy-k3y";

    /// Tokens that it has given out, the last of them the one that the upstream takes.
    private final AtomicInteger tokens = new AtomicInteger();
    private final Queue<String> refused = new ConcurrentLinkedQueue<>();
    private volatile boolean stalls;
    private volatile int lifetimeSeconds = 300;
    private final MockWebServer issuer = new MockWebServer();
    private final MockWebServer upstream = new MockWebServer();

    @BeforeEach
    void start() throws IOException {
        issuer.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                if (stalls) {
                    return new MockResponse.Builder()
                            .onResponseStart(SocketEffect.Stall.INSTANCE)
                            .build();
                }
                return new MockResponse.Builder()
                        .addHeader("content-type", "application/json")
                        .body("""
                                {"access_token": "t-%d", "token_type": "Bearer", "expires_in": %d}""".formatted(tokens.incrementAndGet(), lifetimeSeconds))
                        .build();
            }
        });
        upstream.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                String shown = request.getHeaders().get("authorization");
                boolean taken = !request.getTarget().startsWith("/oauth2") || ("Bearer t-" + tokens).equals(shown);
                if (!taken) {
                    refused.add(String.valueOf(shown));
                }
                return new MockResponse.Builder()
                        .code(taken ? 200 : 401)
                        .addHeader("content-type", "application/json")
                        .body("{\"seen\": \"%s\"}"
                                .formatted(request.getHeaders().get("x-seen")))
                        .build();
            }
        });
        issuer.start();
        upstream.start();
    }

    @AfterEach
    void close() {
        issuer.close();
        upstream.close();
    }

    private StartedMuster muster(String... more) {
        String registration = "spring.security.oauth2.client.registration.partner.";
        String[] properties = {
            "server.port=0",
            "management.server.port=0",
            "muster.gateway.timeout=5s",
            "muster.services.default.timeout=4s",
            "muster.services.partner.base-url=" + url(upstream, "/oauth2"),
            "muster.services.partner.credentials.oauth2=partner",
            "muster.services.legacy.base-url=" + url(upstream, "/legacy"),
            "muster.services.legacy.credentials.header=X-Api-Key",
            "muster.services.legacy.credentials.value=" + KEY,
            registration + "client-id=muster",
            registration + "client-secret=" + SECRET,
            registration + "authorization-grant-type=client_credentials",
            "spring.security.oauth2.client.provider.partner.token-uri=" + url(issuer, "/token"),
        };
        var application = new SpringApplication(MusterApplication.class, Filters.class);
        String[] arguments = Stream.concat(Arrays.stream(properties), Arrays.stream(more))
                .map(property -> "--" + property)
                .toArray(String[]::new);
        return new StartedMuster(application.run(arguments));
    }

    private static String url(MockWebServer server, String path) {
        return "http://127.0.0.1:" + server.getPort() + path;
    }

    interface Signer {

        String sign(HttpMethod method, URI url);
    }

    @Configuration(proxyBeanMethods = false)
    static class Filters {

        @Bean
        @Qualifier("legacy")
        @Order(2)
        ExchangeFilterFunction second() {
            return seen("second");
        }

        @Bean
        @Qualifier("legacy")
        @Order(1)
        ExchangeFilterFunction first() {
            return seen("first");
        }

        @Bean
        Signer signer() {
            return (method, url) -> method + " " + url.getPath();
        }

        @Bean
        @Qualifier("partner")
        ExchangeFilterFunction signed(Signer signer) {
            return (request, next) -> next.exchange(ClientRequest.from(request)
                    .headers(headers -> headers.set("x-signature", signer.sign(request.method(), request.url())))
                    .build());
        }

        private static ExchangeFilterFunction seen(String name) {
            return (request, next) -> {
                @Nullable String before = request.headers().getFirst("x-seen");
                return next.exchange(ClientRequest.from(request)
                        .headers(headers -> headers.set(
                                "x-seen",
                                (before == null ? "" : before + " ") + name + withKey(headers.getFirst("x-api-key"))))
                        .build());
            };
        }

        private static String withKey(@Nullable String key) {
            return key == null ? "" : "+key";
        }
    }

    @Test
    void theFiltersOfAServiceSeeItsCallsInTheirOrderAndNoCredentials() throws Exception {
        try (StartedMuster muster = muster()) {
            Reply reply = muster.client().post(Batch.gather(Call.to("legacy", "/a"), Call.to("partner", "/b")));

            assertThat(reply.outcome()).isEqualTo("complete");
            assertThat(reply.text()).contains("first second").contains("\"seen\": \"null\"");
        }
        RecordedRequest one = upstream.takeRequest();
        RecordedRequest other = upstream.takeRequest();
        RecordedRequest legacy = one.getTarget().startsWith("/legacy") ? one : other;
        RecordedRequest partner = legacy == one ? other : one;
        assertThat(partner.getHeaders().values("x-signature")).containsExactly("GET /oauth2/b");
        assertThat(legacy.getHeaders().values("x-api-key")).containsExactly(KEY);
        assertThat(legacy.getHeaders().values("authorization")).isEmpty();
    }

    @Test
    void oneTokenServesAllCallsAndIsRenewedOnceWhenTheServiceNoLongerTakesIt() {
        try (StartedMuster muster = muster("muster.services.partner.redirects=0")) {
            var batch = Batch.of("gather", Collections.nCopies(50, Call.to("partner", "/x")));

            assertThat(muster.client().post(batch).outcome()).isEqualTo("complete");
            assertThat(tokens).hasValue(1);
            assertThat(refused).isEmpty();
        }
    }

    @Test
    void tokensThatEndUnderLoadCostNoCall() {
        lifetimeSeconds = 1;
        try (StartedMuster muster = muster()) {
            var batch = Batch.of("gather", Collections.nCopies(20, Call.to("partner", "/x")));
            await().until(() -> {
                assertThat(muster.client().post(batch).outcome()).isEqualTo("complete");
                return tokens.get() >= 3;
            });
        }
    }

    @Test
    void aTokenServerThatStallsCostsItsServiceOnly() {
        stalls = true;
        try (StartedMuster muster = muster("muster.services.partner.timeout=200ms")) {
            Reply reply = muster.client().post(Batch.gather(Call.to("partner", "/x"), Call.to("legacy", "/y")));

            assertThat(reply.outcome()).isEqualTo("partial");
            assertThat(reply.text()).contains("\"phase\":\"acquire\"");
            assertThat(issuer.getRequestCount()).isOne();
        }
    }

    @Test
    void noSecretIsInLogAnswerOrActuator(CapturedOutput output) throws Exception {
        try (StartedMuster muster = muster("logging.level.dev.muster=debug")) {
            Reply reply = muster.client().post(Batch.gather(Call.to("legacy", "/a"), Call.to("partner", "/b")));
            String services = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/actuator/musterservices"
                                            .formatted(muster.managementPort())))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();

            assertThat(List.of(reply.text(), services, output.getAll()))
                    .allSatisfy(text -> assertThat(text).doesNotContain(SECRET, KEY, "t-1"));
        }
    }
}
