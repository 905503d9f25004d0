package dev.muster.egress;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthorityTest {

    @ParameterizedTest
    @CsvSource({
        "Example.COM, example.com",
        "example.com., example.com",
        "example.com.., example.com..",
        "., ''",
        "127.0.0.1, 127.0.0.1",
        "127.0.0.1., 127.0.0.1",
        "[::1], ::1",
        "0:0:0:0:0:0:0:1, ::1",
        "[2001:DB8:0::0:1], 2001:db8::1",
        "[::ffff:127.0.0.1], 127.0.0.1",
        "[::FFFF:7F00:1], 127.0.0.1",
        "0:0:0:0:0:ffff:7f00:1, 127.0.0.1",
        "[64:ff9b::a00:1], 64:ff9b::a00:1",
        "[fe80::1%25eth0], [fe80::1%25eth0]",
        "[[::1]], [[::1]]",
        "[127.0.0.1], [127.0.0.1]",
        "\u212Aelvin, \u212Aelvin"
    })
    void aHostHasOneSpelling(String host, String normalised) {
        assertThat(Authority.of(host, 80).host()).isEqualTo(normalised);
        assertThat(new Authority(host, 80)).isEqualTo(Authority.of(normalised, 80));
    }
}
