package dev.muster.egress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.url.HttpUrl;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

/// What holds of every URL and every address, however they are spelled.
class TargetPropertiesTest {

    private final EgressPolicy policy =
            new EgressPolicy(new EgressProperties(List.of(), List.of(), List.of("*")), Set.of(), new OwnPorts());

    @Property(tries = 5_000)
    void whatIsAllowedHasAHostThatEveryParserReadsAlike(@ForAll("urls") String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException invalid) {
            return;
        }

        if (policy.judge(uri) == null) {
            String host = Objects.requireNonNull(HttpUrl.host(uri));
            assertThat(uri.getRawAuthority()).doesNotContain("@", "\\", "%");
            assertThat(host).matches("[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+]");
            assertThat(host.matches("(.*\\.)?(0[xX][0-9a-fA-F]*|[0-9]+)\\.?"))
                    .isEqualTo(host.matches("[0-9]+(\\.[0-9]+){3}"));
            assertThat(uri.getScheme()).isIn("http", "https", "HTTP", "hTTps");
        }
    }

    @Property(tries = 2_000)
    void anIpv4AddressIsJudgedAlikeInEverySpelling(@ForAll @Size(4) byte[] address) throws UnknownHostException {
        String quad = InetAddress.getByAddress(address).getHostAddress();
        String hex = "%02x%02x:%02x%02x".formatted(address[0], address[1], address[2], address[3]);
        EgressRefusal refusal = policy.judge(URI.create("http://" + quad + "/"));

        assertThat(List.of("[::ffff:" + quad + "]", "[::FFFF:" + hex + "]", "[64:ff9b::" + hex + "]"))
                .allSatisfy(host -> assertThat(policy.judge(URI.create("http://" + host + "/")))
                        .as(host)
                        .isEqualTo(refusal));
        assertThat(policy.judge(Authority.of("a.example", 80), InetAddress.getByAddress(address)) == null)
                .isEqualTo(refusal == null);
        assertThat(List.of(
                        "[::" + hex + "]",
                        "[::ffff:0:" + hex + "]",
                        "[2002:" + hex + "::]",
                        "[64:ff9b:1::" + hex + "]"))
                .allSatisfy(host -> assertThat(policy.judge(URI.create("http://" + host + "/")))
                        .as(host)
                        .isNotNull());
    }

    @Property(tries = 2_000)
    void onlyGlobalUnicastIsAllowed(@ForAll @Size(16) byte[] address) throws UnknownHostException {
        InetAddress resolved = InetAddress.getByAddress(address);
        Assume.that(resolved.getAddress().length == 16);

        if (policy.judge(Authority.of("a.example", 80), resolved) == null) {
            assertThat(address[0] & 0xe0).isEqualTo(0x20);
        }
    }

    @Provide
    Arbitrary<String> urls() {
        Arbitrary<String> scheme =
                Arbitraries.of("http://", "https://", "HTTP://", "hTTps://", "http:", "ftp://", "http:///", "//");
        Arbitrary<String> piece = Arbitraries.oneOf(
                Arbitraries.of(
                        "127",
                        "0",
                        "1",
                        ".",
                        "0x7f",
                        "0177",
                        "localhost",
                        "a",
                        "-",
                        "_",
                        "xn--",
                        ":",
                        "[",
                        "]",
                        "::",
                        "ffff",
                        "@",
                        "%",
                        "%25",
                        "%2e",
                        "\\",
                        "/",
                        "?",
                        "#",
                        ":80",
                        ":0",
                        "。",
                        "①",
                        "\u212A",
                        "\u00ad",
                        "é",
                        "2130706433",
                        "example",
                        ".com",
                        "fe80",
                        "64:ff9b::",
                        " ",
                        "\t"),
                Arbitraries.strings().ascii().ofLength(1));
        return scheme.flatMap(
                start -> piece.list().ofMinSize(1).ofMaxSize(7).map(pieces -> start + String.join("", pieces)));
    }
}
