package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/// Which headers of the client's request reach an upstream, and which of an upstream's response reach the client.
///
/// `stranger` may be called, and is no configured service.
class HeadersTest extends RunningMuster {

    private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private static final FaultyUpstream stranger = FaultyUpstream.start();

    @DynamicPropertySource
    static void forward(DynamicPropertyRegistry properties) {
        properties.add("muster.egress.allow", () -> "127.0.0.1");
        properties.add("muster.egress.ports", () -> "*");
        properties.add("muster.gateway.forward-headers", () -> "Authorization,x-tenant");
        properties.add("muster.services.needed.forward-headers", () -> "X-Secret");
        properties.add("muster.gateway.hidden-response-headers", () -> "set-cookie,X-Internal");
    }

    @BeforeEach
    void forgetTheStranger() {
        stranger.forget();
    }

    @Test
    void headerIsForwardedToAConfiguredServiceWhenTheGatewayListsIt() {
        post(Call.up("named", "/ok?named"), Call.url(upstream.url("/ok?url")).with("id", "url"));

        assertThat(upstream.onlyExchange("/ok?named").header("authorization")).containsExactly("Bearer caller");
        assertThat(upstream.onlyExchange("/ok?named").header("x-tenant")).containsExactly("a");
        assertThat(upstream.onlyExchange("/ok?url").header("authorization")).containsExactly("Bearer caller");
    }

    @Test
    void headerIsForwardedToTheOneServiceThatListsIt() {
        post(Call.up("other", "/ok?other"), Call.to("needed", "/ok?needed"));

        assertThat(particular.onlyExchange("/ok?needed").header("x-secret")).containsExactly("s3cret");
        assertThat(particular.onlyExchange("/ok?needed").header("x-tenant")).containsExactly("a");
        assertThat(upstream.onlyExchange("/ok?other").header("x-secret")).isEmpty();
    }

    @Test
    void headerIsNotForwardedWhenNothingListsIt() {
        post(Call.up("a", "/ok"));

        assertThat(upstream.onlyExchange("/ok").header("x-unlisted")).isEmpty();
        assertThat(upstream.onlyExchange("/ok").header("cookie")).isEmpty();
    }

    @Test
    void nothingIsForwardedToAUrlThatIsNoService() {
        post(Call.url(stranger.url("/ok")));

        var exchange = stranger.onlyExchange("/ok");
        assertThat(List.of("authorization", "x-tenant", "x-secret", "x-unlisted"))
                .allSatisfy(name -> assertThat(exchange.header(name)).as(name).isEmpty());
    }

    @Test
    void nothingForwardedFollowsARedirectToAnotherOrigin() {
        post(Call.up("lured", "/redirect-to?" + stranger.url("/ok")).with("redirects", 1));

        assertThat(upstream.exchanges().getFirst().header("x-tenant")).containsExactly("a");
        var exchange = stranger.onlyExchange("/ok");
        assertThat(exchange.header("authorization")).isEmpty();
        assertThat(exchange.header("x-tenant")).isEmpty();
        assertThat(exchange.header("traceparent")).containsExactly(TRACE);
    }

    @Test
    void theCallsOwnHeaderWins() {
        post(Call.up("a", "/ok").with("headers", Map.of("X-Tenant", "b", "traceparent", "own")));

        assertThat(upstream.onlyExchange("/ok").header("x-tenant")).containsExactly("b");
        assertThat(upstream.onlyExchange("/ok").header("traceparent")).containsExactly("own");
    }

    @Test
    void traceContextGoesWithEveryCall() {
        post(Call.up("a", "/ok"), Call.url(stranger.url("/ok")));

        assertThat(upstream.onlyExchange("/ok").header("traceparent")).containsExactly(TRACE);
        assertThat(upstream.onlyExchange("/ok").header("tracestate")).containsExactly("rojo=00f067aa0ba902b7");
        assertThat(upstream.onlyExchange("/ok").header("baggage")).isEmpty();
        assertThat(stranger.onlyExchange("/ok").header("traceparent")).containsExactly(TRACE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "garbage",
            })
    void traceContextIsLeftOutWhenItIsNotValid(String parent) {
        muster.post(Batch.gather(Call.up("a", "/ok")), Media.JSON, "traceparent", parent, "tracestate", "a=b");

        assertThat(upstream.onlyExchange("/ok").header("traceparent")).isEmpty();
        assertThat(upstream.onlyExchange("/ok").header("tracestate")).isEmpty();
    }

    @Test
    void responseHeaderIsHiddenUnlessTheCallAsksForIt() {
        var reply = post(
                Call.up("plain", "/labelled"),
                Call.up("asking", "/labelled").with("exposeHeaders", List.of("Set-Cookie", "x-hop")));

        assertThat(reply.slot("plain").path("headers").propertyNames())
                .contains("x-kept", "content-type")
                .doesNotContain("set-cookie", "x-internal", "x-hop", "connection", "keep-alive");
        assertThat(reply.slot("asking").path("headers").propertyNames())
                .contains("x-kept", "set-cookie")
                .doesNotContain("x-internal", "x-hop", "connection");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[\"a b\"]", "\"set-cookie\"", "[1]"})
    void batchIsRefusedWhenAHeaderToExposeIsNone(String names) {
        var response = muster.post("""
                {"requests": [{"service": "up", "path": "/ok", "exposeHeaders": %s}]}""".formatted(names));

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("#/requests/0/exposeHeaders");
    }

    private Reply post(Call... calls) {
        var reply = muster.post(
                Batch.gather(calls),
                Media.JSON,
                "Authorization",
                "Bearer caller",
                "X-Tenant",
                "a",
                "X-Secret",
                "s3cret",
                "X-Unlisted",
                "u",
                "Cookie",
                "session=1",
                "traceparent",
                TRACE,
                "tracestate",
                "rojo=00f067aa0ba902b7",
                "baggage",
                "user=7");
        assertEnded(reply, calls.length, "complete", 200);
        return reply;
    }
}
