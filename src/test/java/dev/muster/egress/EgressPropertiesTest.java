package dev.muster.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.validation.autoconfigure.ValidationAutoConfiguration;
import org.springframework.context.annotation.Configuration;

class EgressPropertiesTest {

    private final ApplicationContextRunner context = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(ValidationAutoConfiguration.class))
            .withUserConfiguration(Binding.class);

    @Test
    void publicAddressesOnTheWebsPortsAreTheDefault() {
        context.run(it -> assertThat(it.getBean(EgressProperties.class))
                .isEqualTo(new EgressProperties(List.of(), List.of(), List.of("80", "443"))));
    }

    @Test
    void listsBindFromCommaSeparatedValues() {
        context.withPropertyValues(
                        "muster.egress.allow=10.20.0.0/16,*.internal.example",
                        "muster.egress.deny[0]=10.20.1.1",
                        "muster.egress.ports=80,8000-8999")
                .run(it -> assertThat(it.getBean(EgressProperties.class))
                        .isEqualTo(new EgressProperties(
                                List.of("10.20.0.0/16", "*.internal.example"),
                                List.of("10.20.1.1"),
                                List.of("80", "8000-8999"))));
    }

    @Test
    void aBlankEntryFailsTheBinding() {
        context.withPropertyValues("muster.egress.deny[0]=")
                .run(it -> assertThat(it).getFailure().rootCause().hasMessageContaining("deny[0]"));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/33, prefix is a number from 0 to 32",
        "10.0.0.0/-1, prefix is a number from 0 to 32",
        "10.0.0.0/08, prefix is a number from 0 to 32",
        "10.0.0.0/, prefix is a number from 0 to 32",
        "10.0.0.0/8/8, prefix is a number from 0 to 32",
        "10.0.0.0/255.0.0.0, prefix is a number from 0 to 32",
        "10.0.0.0/99999999999, prefix is a number from 0 to 32",
        "fd00::/129, prefix is a number from 0 to 128",
        "10.20.0.1/16, the block is 10.20.0.0/16",
        "0.0.0.1/0, the block is 0.0.0.0/0",
        "fd00::1/8, the block is fd00::/8",
        "::ffff:10.0.0.0/8, the block is ::/8",
        "10.0.0/8, is an IPv4 or IPv6 address",
        "010.0.0.0/8, is an IPv4 or IPv6 address",
        "/8, is an IPv4 or IPv6 address",
        "example.com/8, is an IPv4 or IPv6 address",
        "http://example.com, is an IPv4 or IPv6 address",
        "010.0.0.1, four decimal parts",
        "10.20, four decimal parts",
        "2130706433, four decimal parts",
        "0x7f000001, four decimal parts",
        "10.0.0.1-10.0.0.9, four decimal parts",
        "fe80::1%eth0, zone id",
        "[::1, with colons",
        "[[::1]], with colons",
        "[10.0.0.1], letters",
        "[::]/0, is an IPv4 or IPv6 address",
        "::ffff:0:0/95, bits are set beyond the prefix",
        "::8.8.8.8, only after ::ffff:",
        "example.com:8080, with colons",
        "*, letters",
        "*example.com, letters",
        "a.*.example.com, letters",
        "*.*.example.com, letters",
        "'*.', labels",
        "*.1, four decimal parts",
        "*..example.com, labels",
        ".example.com, labels",
        "foo~bar, letters",
        "'a b', letters",
        "münchen.de, punycode",
        "*.münchen.de, punycode"
    })
    void anInvalidEntryFailsConstructionNamingItAndTheRule(String entry, String rule) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> policy(List.of("example.com", entry), List.of(), List.of()))
                .withMessageContaining("muster.egress.allow[1] is '" + entry + "'")
                .withMessageContaining(rule);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> policy(List.of(), List.of(entry), List.of()))
                .withMessageContaining("muster.egress.deny[0] is '" + entry + "'")
                .withMessageContaining(rule);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0", "-1", "65536", "99999", "100000", "http", "80,443", "80-", "-80", "90-80", "0-80", "1-65536",
                "80 - 90", " 80", "8*", "**", "٨٠", ""
            })
    void anInvalidPortFailsConstructionNamingItAndTheRule(String entry) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> policy(List.of(), List.of(), List.of("80", entry)))
                .withMessage("muster.egress.ports[1] is '" + entry
                        + "': an entry is a port from 1 to 65535, a range such as 8000-8999, or *");
    }

    @Test
    void noEntryFailsInAnotherWay() {
        Random random = new Random(1);
        String alphabet = "0123456789abcdefx.:/*-%[]_ é";
        for (int i = 0; i < 5_000; i++) {
            StringBuilder entry = new StringBuilder();
            for (int length = random.nextInt(24); length > 0; length--) {
                entry.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                policy(List.of(entry.toString()), List.of(), List.of());
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageStartingWith("muster.egress.allow[0] is '" + entry + "': ");
            }
        }
    }

    private static EgressPolicy policy(List<String> allow, List<String> deny, List<String> ports) {
        return new EgressPolicy(new EgressProperties(allow, deny, ports), Set.of(), new OwnPorts());
    }

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties(EgressProperties.class)
    static class Binding {}
}
