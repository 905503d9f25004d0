package dev.muster.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedHostsTest {

    private static final AllowedHosts LOOPBACK = new AllowedHosts(List.of());

    private static boolean allows(AllowedHosts allowed, String authority) {
        String host = AllowedHosts.hostOf(authority);
        return host != null && allowed.allows(host);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LocalHost:8080",
                "localhost.",
                "localhost.:1",
                "localhost:",
                "muster.localhost",
                "127.0.0.1",
                "127.255.0.9:65535",
                "[::1]",
                "[::1]:8080",
                "[0:0:0:0:0:0:0:1]",
                "[::ffff:127.0.0.1]"
            })
    void namesOfLoopbackAreAllowedHoweverTheyAreSpelt(String authority) {
        assertThat(allows(LOOPBACK, authority)).isTrue();
        assertThat(LOOPBACK.allowsOrigin("http://" + authority)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "evil.example",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "notlocalhost",
                "evil-localhost",
                "localhost..",
                "128.0.0.1",
                "127.0.0.256",
                "127.1",
                "2130706433",
                "0.0.0.0",
                "[::]",
                "[::2]",
                "[::ffff:10.0.0.1]",
                "[::1",
                "::1",
                "localhost@evil.example",
                "evil.example@localhost",
                "localhost:65536",
                "localhost:80:80",
                "localhost:x",
                "localhost/",
                "local host",
                "localhost,evil.example",
                "löcalhost",
                "%6cocalhost"
            })
    void everythingElseIsNot(String authority) {
        assertThat(allows(LOOPBACK, authority)).isFalse();
        assertThat(LOOPBACK.allowsOrigin("http://" + authority)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "",
                "localhost",
                "http:localhost",
                "http:///",
                "://localhost",
                "http://localhost http://evil"
            })
    void whatIsNoOriginIsNotAllowed(String origin) {
        assertThat(LOOPBACK.allowsOrigin(origin)).isFalse();
    }

    @Test
    void configuredNamesAreAllowedBesides() {
        var allowed = new AllowedHosts(List.of("Muster.Example", "*.wild.example", "[2001:db8::1]", "10.0.0.1"));

        assertThat(List.of(
                        "muster.example:80",
                        "a.wild.example",
                        "a.b.wild.example.",
                        "[2001:DB8::1]",
                        "10.0.0.1",
                        "localhost"))
                .allMatch(authority -> allows(allowed, authority));
        assertThat(List.of("a.muster.example", "wild.example", "awild.example", "[2001:db8::2]", "10.0.0.2"))
                .noneMatch(authority -> allows(allowed, authority));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "http://a", "a:80", "*", "a.*", "a b", "*a.example"})
    void whatIsNoNameIsRefusedByItsProperty(String name) {
        List<String> faulty = new ArrayList<>();
        AllowedHosts.check(List.of("a", name), (property, _) -> faulty.add(property));

        assertThat(faulty).containsExactly("muster.auth.allowed-hosts[1]");
    }
}
