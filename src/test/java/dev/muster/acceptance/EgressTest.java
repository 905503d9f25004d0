package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.json.JsonMapper;

/// Where a call may not go, as seen at the socket that must not be reached.
///
/// The socket's port is on the policy's list, so that the address alone decides. `PORT` stands for it below.
class EgressTest extends RunningMuster {

    private static final FaultyUpstream forbidden = FaultyUpstream.start();

    @DynamicPropertySource
    static void allowThePortOnly(DynamicPropertyRegistry properties) {
        properties.add("muster.egress.ports", () -> "80,443," + forbidden.port());
    }

    @BeforeEach
    void forgetTheForbidden() {
        forbidden.forget();
    }

    @AfterEach
    void nothingWasAccepted() {
        assertThat(forbidden.connectionsAccepted()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:PORT/ok",
                "https://127.0.0.1:PORT/ok",
                "http://127.255.255.254:PORT/ok",
                "http://0.0.0.0:PORT/ok",
                "http://localhost:PORT/ok",
                "http://LOCALHOST:PORT/ok",
                "http://[::1]:PORT/ok",
                "http://[::]:PORT/ok",
                "http://[0:0:0:0:0:0:0:1]:PORT/ok",
                "http://[::127.0.0.1]:PORT/ok",
                "http://[::ffff:127.0.0.1]:PORT/ok",
                "http://[::ffff:7f00:1]:PORT/ok",
                "http://[::ffff:0:127.0.0.1]:PORT/ok",
                "http://[64:ff9b::127.0.0.1]:PORT/ok",
                "http://[64:ff9b:1::7f00:1]:PORT/ok",
                "http://[2002:7f00:1::]:PORT/ok",
                "http://[fd00::1]:PORT/ok",
                "http://[fe80::1]:PORT/ok",
                "http://[ff02::1]:PORT/ok",
                "http://10.0.0.1/",
                "http://172.16.0.1/",
                "http://192.168.0.1/",
                "http://100.64.0.1/",
                "http://169.254.169.254/latest/meta-data/",
                "http://168.63.129.16/",
                "http://224.0.0.1/",
                "http://255.255.255.255/",
            })
    void callIsRejectedWhenItsAddressIsNotPublic(String url) {
        var reply = muster.post(Batch.gather(call(url), Call.up("ok", "/ok")));

        assertEnded(reply, 2, "partial", 200);
        assertThat(reply.slots()).containsExactly("call rejected egress-denied", "ok succeeded");
        assertThat(reply.error("call").path("sent").booleanValue()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void callIsRejectedInEveryMediaType(Media media) {
        var reply = muster.post(Batch.asCompleted(call("http://127.0.0.1:PORT/ok")), media);

        assertEnded(reply, 1, "partial", 200);
        assertThat(reply.slots()).containsExactly("call rejected egress-denied");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://user@127.0.0.1:PORT/ok",
                "http://user:secret@127.0.0.1:PORT/ok",
                "http://up@127.0.0.1:PORT/ok",
                "http://a@b@127.0.0.1:PORT/ok",
                "http://127.0.0.1:PORT\\@up/ok",
                "http://127.0.0.1:PORT /ok",
                "http:127.0.0.1:PORT/ok",
                "//127.0.0.1:PORT/ok",
                "file:///etc/hostname",
                "gopher://127.0.0.1:PORT/ok",
                "jar:http://127.0.0.1:PORT/ok!/",
            })
    void batchIsRefusedWhenAUrlIsNone(String url) {
        var response = muster.post(Batch.gather(call(url)).json());

        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(response.body()).contains("urn:muster:problem:invalid-batch", "#/requests/0/url");
    }

    /// Notations of 127.0.0.1 that some readers take for an address, and others for a name or for nothing at all.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://2130706433:PORT/ok",
                "http://0x7f000001:PORT/ok",
                "http://0x7f.0.0.1:PORT/ok",
                "http://017700000001:PORT/ok",
                "http://0177.0.0.1:PORT/ok",
                "http://127.1:PORT/ok",
                "http://127.0.0.1:999999/ok",
                "http://127.0.0.1.:PORT/ok",
                "http://localhost.:PORT/ok",
                "http://127%2e0%2e0%2e1:PORT/ok",
                "http://①②⑦.⓪.⓪.①:PORT/ok",
                "http://[::1%25lo]:PORT/ok",
                "http://[fe80::1%25lo]:PORT/ok",
                "http://[::ffff:127.0.0.1%25lo]:PORT/ok",
            })
    void callDoesNotGetThroughWhenItsAddressIsDisguised(String url) {
        var response =
                muster.post(Batch.gather(call(url).with("timeout", "500ms")).json());

        assertThat(response.statusCode()).isIn(200, 400);
        if (response.statusCode() == 200) {
            var slot = new JsonMapper().readTree(response.body()).at("/results/0");
            assertThat(slot.at("/error/type").asString()).isIn("egress-denied", "dns-failed", "timeout");
        }
    }

    static Stream<String> pathsThatWantToBeHosts() {
        return Stream.of("@127.0.0.1:PORT/ok", "//127.0.0.1:PORT/ok", "/../..//127.0.0.1:PORT/ok", ".evil:PORT/ok")
                .map(EgressTest::atForbiddenPort);
    }

    @ParameterizedTest
    @MethodSource("pathsThatWantToBeHosts")
    void pathDoesNotLeadAwayFromItsService(String path) {
        var response = muster.post(
                Batch.gather(Call.to("up", path).with("timeout", "500ms")).json());

        assertThat(response.statusCode()).isIn(200, 400);
    }

    @Test
    void redirectIsJudgedAnew() {
        var lured = Call.up("lured", "/redirect-to?" + forbidden.url("/ok")).with("redirects", 1);
        var slot = muster.post(Batch.gather(lured)).slot("lured");

        assertThat(slot.at("/error/type").asString()).isEqualTo("egress-denied");
        assertThat(slot.at("/error/sent").booleanValue()).isTrue();
    }

    @Test
    void configuredServicesHostAndPortAreAllowedAsTheyStand() {
        var reply = muster.post(Batch.gather(Call.url(upstream.url("/ok")), Call.to("up", "/ok")));

        assertEnded(reply, 2, "complete", 200);
    }

    private static Call call(String url) {
        return Call.url(atForbiddenPort(url)).with("id", "call");
    }

    private static String atForbiddenPort(String url) {
        return url.replace("PORT", String.valueOf(forbidden.port()));
    }
}
