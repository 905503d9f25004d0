package dev.muster.egress;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EgressPolicyTest {

    private static final InetAddress PUBLIC = InetAddress.ofLiteral("93.184.215.14");

    private static final OwnPorts NOWHERE = new OwnPorts();

    private final EgressPolicy standard = policy(List.of(), List.of(), "80", "443");
    private final EgressPolicy anyPort = policy(List.of(), List.of(), "*");

    @Nested
    class BeforeAnyResolution {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://example.com/",
                    "https://example.com/a?b=c#d",
                    "HTTPS://EXAMPLE.COM/",
                    "http://example.com./",
                    "http://example.com:443/",
                    "http://xn--mnchen-3ya.de/",
                    "http://a-b.c3.example/",
                    "http://0x7f.example/",
                    "http://1e100.net/",
                    "http://localhost.example/",
                    "http://notlocalhost/",
                    "http://pricing/",
                    "http://93.184.215.14/",
                    "http://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
                    "http://[::ffff:93.184.215.14]/",
                    "http://[::ffff:5db8:d70e]/",
                    "http://[64:ff9b::5db8:d70e]/"
                })
        void aPublicTargetIsAllowed(String target) {
            assertThat(judge(standard, target)).isNull();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "ftp://example.com/",
                    "file:///etc/passwd",
                    "file://localhost/etc/passwd",
                    "gopher://example.com:70/_x",
                    "dict://example.com:11211/stat",
                    "ldap://example.com/",
                    "jar:http://example.com/a.jar!/b",
                    "ws://example.com/",
                    "wss://example.com/",
                    "unix:///var/run/docker.sock",
                    "data:text/plain,x",
                    "javascript:alert(1)",
                    "httpx://example.com/",
                    "https+unix://example.com/",
                    "//example.com/",
                    "/relative",
                    "example.com",
                    ""
                })
        void aSchemeOtherThanHttpIsRefused(String target) {
            assertRefused(standard, target, "only http and https");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://user@example.com/",
                    "http://user:secret@example.com/",
                    "http://:@example.com/",
                    "http://@example.com/",
                    "http://example.com@127.0.0.1/",
                    "http://example.com:80@127.0.0.1/",
                    "http://a@b@c/",
                    "http://example.com%40127.0.0.1@127.0.0.1/",
                    "http://a:b@c:d@e/",
                    "https://pricing:8080@example.com/"
                })
        void userInformationIsRefused(String target) {
            assertRefused(standard, target, "user information");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http:example.com",
                    "http:/example.com",
                    "http:///example.com",
                    "http://:80/",
                    "http://-foo_bar/",
                    "http://-a.example/",
                    "http://a-.example/",
                    "http://a..example/",
                    "http://.example/",
                    "http://example.com../",
                    "http://0251.0376.0251.0376/",
                    "http://127.0.0.1./",
                    "http://127.1/",
                    "http://127.1:80/",
                    "http://127.0.1/",
                    "http://2130706433/",
                    "http://017700000001/",
                    "http://0x7f000001/",
                    "http://0x7f.0x0.0x0.0x1/",
                    "http://0x7f.1/",
                    "http://127.0.0.0x1/",
                    "http://0/",
                    "http://0x/",
                    "http://1.2.3.4.5/",
                    "http://256.0.0.1/",
                    "http://127.0.0.1.1/",
                    "http://4294967297/",
                    "http://127.0.0.%31/",
                    "http://%31%32%37.0.0.1/",
                    "http://localhos%74/",
                    "http://127.0.0.1%00.example.com/",
                    "http://example.com%2f@/x",
                    "http://127。0。0。1/",
                    "http://①②⑦.⓪.⓪.①/",
                    "http://１２７.0.0.1/",
                    "http://ⓛocalhost/",
                    "http://loc\u212Alhost/",
                    "http://münchen.de/",
                    "http://\u0661\u0662\u0667.0.0.1/",
                    "http://example.com:8a/",
                    "http://exa\u00ADmple.com/"
                })
        void aHostThatParsersReadDifferentlyIsRefused(String target) {
            assertThat(judge(standard, target)).isNotNull();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://0177.0.0.1/",
                    "http://00177.0.0.01/",
                    "http://010.0.0.1/",
                    "http://08.8.8.8/",
                    "http://127.0.0.01/",
                    "http://127.000.000.001/",
                    "http://192.168.000.1/"
                })
        void leadingZerosInAnIpv4AddressAreRefused(String target) {
            assertRefused(anyPort, target, "without leading zeros");
            assertRefused(policy(List.of("0.0.0.0/0"), List.of(), "*"), target, "without leading zeros");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://[fe80::1%25eth0]/",
                    "http://[fe80::1%eth0]/",
                    "http://[fe80::1%1]/",
                    "http://[2606:2800:21f::1%25lo]/",
                    "http://[::1%251]/"
                })
        void aZoneIdIsRefused(String target) {
            assertRefused(policy(List.of("::/0"), List.of(), "*"), target, "zone id");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://[::127.0.0.1]/",
                    "http://[::8.8.8.8]/",
                    "http://[64:ff9b::8.8.8.8]/",
                    "http://[::ffff:0:8.8.8.8]/",
                    "http://[2001:db8::8.8.8.8]/",
                    "http://[0:0:0:0:0:ffff:127.0.0.1]/",
                    "http://[0:0:0:0:0:0:127.0.0.1]/"
                })
        void anIpv4TailOfAnUnmappedIpv6AddressIsRefused(String target) {
            assertRefused(policy(List.of("::/0", "0.0.0.0/0"), List.of(), "*"), target, "only after ::ffff:");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://localhost/",
                    "http://LOCALHOST/",
                    "http://LocalHost./",
                    "https://localhost:443/",
                    "http://a.localhost/",
                    "http://a.b.LOCALHOST./"
                })
        void aLocalhostNameIsRefused(String target) {
            assertRefused(standard, target, "localhost");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://example.com:22/",
                    "http://example.com:0/",
                    "http://example.com:1/",
                    "http://example.com:79/",
                    "http://example.com:81/",
                    "http://example.com:6379/",
                    "http://example.com:8080/",
                    "http://example.com:65535/",
                    "http://example.com:65536/",
                    "http://example.com:65616/",
                    "http://example.com:4294967/",
                    "http://93.184.215.14:8080/",
                    "http://[2606:2800:21f::1]:25/"
                })
        void aPortThatIsNotListedIsRefused(String target) {
            assertRefused(standard, target, "is not among muster.egress.ports");
        }

        @ParameterizedTest
        @ValueSource(strings = {"http://example.com:0/", "http://example.com:65536/", "http://example.com:131152/"})
        void aPortThatDoesNotExistIsRefusedThoughAnyIsAllowed(String target) {
            assertRefused(anyPort, target, "is not among muster.egress.ports");
        }

        @Test
        void aHostBrokenOnlyAtTheChokePointIsRefusedThere() {
            for (String host : List.of(
                    "",
                    ".",
                    "..",
                    "foo~bar",
                    "a b",
                    "user@127.0.0.1",
                    "127.0.0.1/",
                    "127.0.0.1\\x",
                    "127.0.0.1#",
                    "a\0b",
                    "2130706433",
                    "0x7f000001",
                    "0X7F.1",
                    "017700000001",
                    "127.1",
                    "127.1.",
                    "0x",
                    "1.2.3.4.5",
                    "a.0x10",
                    "a.1",
                    "127。0。0。1",
                    "\u212Aelvin",
                    "fe80::1%eth0",
                    "::1%0",
                    "1:2",
                    "[[::1]]",
                    "x".repeat(64) + ".example",
                    "a.".repeat(127) + "example")) {
                assertThat(anyPort.judge(Authority.of(host, 80), PUBLIC))
                        .as(host)
                        .isNotNull();
            }
        }

        @Test
        void noSpellingOfAnIpv4AddressPassesForAName() {
            Random random = new Random(1);
            for (int i = 0; i < 2_000; i++) {
                String spelling = anySpelling(random, random.nextInt());
                assertThat(judge(anyPort, "http://" + spelling + "/"))
                        .as(spelling)
                        .isNotNull();
                assertThat(anyPort.judge(Authority.of(spelling, 80), PUBLIC))
                        .as(spelling)
                        .isNotNull();
            }
        }

        // inet_aton's: one to four parts, each decimal, octal or hexadecimal, but never the canonical one.
        private static String anySpelling(Random random, int bits) {
            int parts = 1 + random.nextInt(4);
            StringBuilder spelling = new StringBuilder();
            for (int part = 0; part < parts; part++) {
                int shift = 24 - 8 * part;
                long value = part == parts - 1
                        ? Integer.toUnsignedLong(bits) & ((1L << (shift + 8)) - 1)
                        : (bits >>> shift) & 0xff;
                boolean canonical = parts == 4 && part == 3;
                spelling.append(part == 0 ? "" : ".")
                        .append(
                                switch (random.nextInt(canonical ? 2 : 3)) {
                                    case 0 -> "0x" + Long.toHexString(value);
                                    case 1 -> "0" + Long.toOctalString(value);
                                    default -> Long.toString(value);
                                });
            }
            return spelling.toString();
        }
    }

    @Nested
    class Addresses {

        private static String[] specialIpv4() {
            return """
                    0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.1.2.3 10.255.255.255 100.64.0.0 100.100.100.200
                    100.127.255.255 127.0.0.0 127.0.0.1 127.1.1.1 127.255.255.255 168.63.129.16 169.254.0.0
                    169.254.169.254 169.254.170.2 169.254.255.255 172.16.0.0 172.17.0.1 172.31.255.255 192.0.0.0
                    192.0.0.9 192.0.0.170 192.0.0.192 192.0.0.255 192.0.2.0 192.0.2.255 192.31.196.0 192.31.196.255
                    192.52.193.0 192.52.193.255 192.88.99.0 192.88.99.1 192.88.99.255 192.168.0.0 192.168.1.1
                    192.168.255.255 192.175.48.0 192.175.48.255 198.18.0.0 198.19.255.255 198.51.100.0
                    198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0 224.0.0.1 239.255.255.255 240.0.0.0
                    255.255.255.254 255.255.255.255
                    """.split("\\s+");
        }

        @ParameterizedTest
        @MethodSource("specialIpv4")
        void aSpecialIpv4AddressIsRefusedInEveryForm(String text) throws UnknownHostException {
            byte[] bytes = InetAddress.ofLiteral(text).getAddress();
            String hex = "%02x%02x:%02x%02x".formatted(bytes[0], bytes[1], bytes[2], bytes[3]);

            assertRefused(standard, "http://" + text + "/", "addresses may not be called");
            assertRefused(standard, "http://[::ffff:" + text + "]/", "addresses may not be called");
            assertRefused(standard, "http://[::FFFF:" + hex + "]/", "addresses may not be called");
            assertRefused(standard, "http://[0:0:0:0:0:ffff:" + hex + "]/", "addresses may not be called");
            assertRefused(standard, "http://[64:ff9b::" + hex + "]/", "addresses may not be called");
            assertRefused(standard, "http://[2002:" + hex + "::1]/", "addresses may not be called");
            assertRefused(standard, "http://[::" + hex + "]/", "addresses may not be called");
            assertRefused(standard, "http://[::ffff:0:" + hex + "]/", "addresses may not be called");
            assertRefused(standard, "http://[64:ff9b:1::" + hex + "]/", "addresses may not be called");
            assertResolvedRefused(InetAddress.getByAddress(bytes));
            assertResolvedRefused(mapped(bytes));
            assertResolvedRefused(InetAddress.ofLiteral("64:ff9b::" + hex));
        }

        private static String[] specialIpv6() {
            return """
                    :: ::1 ::2 ::7f00:1 ::ffff:ffff ::ffff:0:0:0 ::ffff:0:808:808 ::ffff:0:ffff:ffff ::1:0:0:0
                    0:0:0:1:: 1:: 64:ff9a::808:808 64:ff9b:0:0:0:1:808:808 64:ff9b:1:: 64:ff9b:1:ffff::1
                    64:ff9b:2::1 100:: 100::ffff 100:0:0:1:: 100:0:0:1:ffff:: 100:0:0:2::1 1fff:ffff::1 2001::
                    2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:1::1 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1
                    2001:20::1 2001:30::1 2001:1ff:ffff::1 2001:db8:: 2001:db8:ffff::1 2002:: 2002:808:808::1
                    2002:ffff::1 2620:4f:8000::1 3fff:: 3fff:fff::1 4000:: 5f00:: 5f00::1 5f00:ffff::1 6000::1
                    8000::1 e000::1 fc00:: fd00::1 fd00:ec2::254 fd20:ce::254 fdff:ffff::1 fe00::1 fe80:: fe80::1
                    fe80::a9fe:a9fe febf:ffff::1 fec0:: feff:ffff::1 ff00:: ff02::1 ff05::1
                    ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
                    """.split("\\s+");
        }

        @ParameterizedTest
        @MethodSource("specialIpv6")
        void aSpecialIpv6AddressIsRefused(String text) {
            assertRefused(standard, "http://[" + text + "]/", "addresses may not be called");
            assertRefused(standard, "https://[" + text.toUpperCase(Locale.ROOT) + "]:443/", "addresses may");
            assertResolvedRefused(InetAddress.ofLiteral(text));
        }

        private static String[] publicNeighbours() {
            return """
                    1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
                    168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0
                    191.255.255.255 192.0.1.0 192.0.3.0 192.31.195.255 192.31.197.0 192.52.192.255 192.52.194.0
                    192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.47.255 192.175.49.0
                    198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255
                    64:ff9b::808:808 2000::1 2001:200::1 2001:db7::1 2001:db9::1 2001:4860:4860::8888 2003::1
                    2620:4f:7fff::1 2620:4f:8001::1 3ffe::1 3fff:1000::1
                    """.split("\\s+");
        }

        @ParameterizedTest
        @MethodSource("publicNeighbours")
        void aPublicNeighbourOfASpecialRangeIsAllowed(String text) throws UnknownHostException {
            InetAddress address = InetAddress.ofLiteral(text);

            assertThat(standard.judge(Authority.of(text, 80), address)).isNull();
            assertThat(standard.judge(Authority.of("example.com", 443), address))
                    .isNull();
            if (address.getAddress().length == 4) {
                assertThat(standard.judge(Authority.of("example.com", 443), mapped(address.getAddress())))
                        .isNull();
            }
        }

        private void assertResolvedRefused(InetAddress address) {
            assertThat(standard.judge(Authority.of("example.com", 80), address))
                    .as(address.toString())
                    .isNotNull();
        }
    }

    @Nested
    class Lists {

        @Test
        void anAllowedBlockWidensTheAddressSpaceForLiteralsAndNames() {
            EgressPolicy policy = policy(List.of("10.20.0.0/16", "fd00:1::/32"), List.of(), "80");

            assertThat(judge(policy, "http://10.20.255.1/")).isNull();
            assertThat(judge(policy, "http://[::ffff:10.20.0.1]/")).isNull();
            assertThat(judge(policy, "http://[fd00:1::1]/")).isNull();
            assertThat(judge(policy, "http://10.21.0.1/")).isNotNull();
            assertThat(judge(policy, "http://[fd00:2::1]/")).isNotNull();
            assertThat(resolved(policy, "a.example", "10.20.1.1")).isNull();
            assertThat(resolved(policy, "a.example", "10.21.1.1")).isNotNull();
            assertThat(judge(policy, "http://10.20.255.1:8080/")).isNotNull();
        }

        @Test
        void anAllowedBlockIsNotAllowedBehindNat64() {
            EgressPolicy policy = policy(List.of("10.20.0.0/16"), List.of(), "80");

            assertThat(judge(policy, "http://[64:ff9b::a14:1]/")).isNotNull();
        }

        @Test
        void allOfOneFamilyIsNothingOfTheOther() {
            assertThat(judge(policy(List.of("::/0"), List.of(), "80"), "http://10.0.0.1/"))
                    .isNotNull();
            assertThat(judge(policy(List.of("::/0"), List.of(), "80"), "http://[::ffff:10.0.0.1]/"))
                    .isNotNull();
            assertThat(judge(policy(List.of("0.0.0.0/0"), List.of(), "80"), "http://[::1]/"))
                    .isNotNull();
            assertThat(judge(policy(List.of("0.0.0.0/0"), List.of(), "80"), "http://10.0.0.1/"))
                    .isNull();
            assertThat(judge(policy(List.of("::/0"), List.of(), "80"), "http://[::1]/"))
                    .isNull();
        }

        @Test
        void anAllowedNameIsAllowedWhateverItsAddress() {
            EgressPolicy policy = policy(List.of("*.Internal.example.", "wiki", "*.localhost"), List.of(), "80");

            assertThat(resolved(policy, "a.internal.example", "10.0.0.1")).isNull();
            assertThat(resolved(policy, "A.B.internal.example.", "127.0.0.1")).isNull();
            assertThat(resolved(policy, "wiki", "10.0.0.1")).isNull();
            assertThat(resolved(policy, "internal.example", "10.0.0.1")).isNotNull();
            assertThat(resolved(policy, "xinternal.example", "10.0.0.1")).isNotNull();
            assertThat(resolved(policy, "a.wiki", "10.0.0.1")).isNotNull();
            assertThat(judge(policy, "http://a.localhost/")).isNull();
            assertThat(judge(policy, "http://localhost/")).isNotNull();
            assertThat(judge(policy, "http://wiki:8080/")).isNotNull();
        }

        @Test
        void denyWinsOverAllow() {
            EgressPolicy policy = policy(
                    List.of("*.example", "10.0.0.0/8"),
                    List.of("secret.example", "*.evil.example", "10.1.0.0/16", "93.184.215.14", "2606:2800::/32"),
                    "80");

            assertRefused(policy, "http://SECRET.example./", "denied by muster.egress.deny");
            assertRefused(policy, "http://a.evil.example/", "denied by muster.egress.deny");
            assertRefused(policy, "http://10.1.2.3/", "denied by muster.egress.deny");
            assertRefused(policy, "http://[::ffff:10.1.2.3]/", "denied by muster.egress.deny");
            assertRefused(policy, "http://93.184.215.14/", "denied by muster.egress.deny");
            assertRefused(policy, "http://[64:ff9b::5db8:d70e]/", "denied by muster.egress.deny");
            assertRefused(policy, "http://[2606:2800::1]/", "denied by muster.egress.deny");
            assertThat(resolved(policy, "a.example", "10.1.2.3")).isNotNull();
            assertThat(resolved(policy, "a.example", "64:ff9b::5db8:d70e")).isNotNull();
            assertThat(resolved(policy, "a.example", "10.2.2.3")).isNull();
            assertThat(judge(policy, "http://evil.example/")).isNull();
        }

        @ParameterizedTest
        @CsvSource({"8000,true", "8500,true", "8999,true", "7999,false", "9000,false", "443,true", "80,false"})
        void aPortRangeHoldsBothItsEnds(int port, boolean allowed) {
            EgressPolicy policy = policy(List.of(), List.of(), "443", "8000-8999");

            assertThat(judge(policy, "http://example.com:" + port + "/") == null)
                    .isEqualTo(allowed);
        }

        @Test
        void withoutPortsOnlyTrustedAuthoritiesMayBeCalled() {
            EgressPolicy policy = new EgressPolicy(
                    new EgressProperties(List.of(), List.of(), List.of()),
                    Set.of(Authority.of("pricing", 80)),
                    NOWHERE);

            assertThat(judge(policy, "http://example.com/")).isNotNull();
            assertThat(judge(policy, "http://pricing/")).isNull();
        }
    }

    @Nested
    class Trusted {

        private final EgressPolicy policy = new EgressPolicy(
                new EgressProperties(List.of(), List.of("pricing", "10.0.0.0/8", "::/0"), List.of("80")),
                Set.of(
                        Authority.of("Pricing", 8080),
                        Authority.of("10.1.2.3", 9000),
                        Authority.of("[0:0::1]", 9001),
                        Authority.of("localhost", 9002)),
                NOWHERE);

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://pricing:8080/x",
                    "https://PRICING.:8080/",
                    "http://10.1.2.3:9000/",
                    "http://[::ffff:10.1.2.3]:9000/",
                    "http://[::1]:9001/",
                    "http://[0:0:0:0:0:0:0:1]:9001/",
                    "http://localhost:9002/"
                })
        void itsHostAndPortAreAllowedAsTheyStand(String target) {
            URI uri = URI.create(target);

            assertThat(policy.judge(uri)).isNull();
            assertThat(policy.judge(Authority.of(uri.getHost(), uri.getPort()), InetAddress.ofLiteral("10.1.2.3")))
                    .isNull();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://pricing/",
                    "http://pricing:8081/",
                    "http://a.pricing:8080/",
                    "http://10.1.2.3/",
                    "http://10.1.2.4:9000/",
                    "http://[::1]:9002/",
                    "http://localhost:9001/",
                    "http://user@pricing:8080/",
                    "ftp://pricing:8080/"
                })
        void nothingNextToItIs(String target) {
            assertThat(judge(policy, target)).isNotNull();
        }
    }

    @Nested
    class Metadata {

        private static String[] addresses() {
            return """
                    168.63.129.16 100.100.100.200 169.254.169.254 169.254.170.2 169.254.170.23 192.0.0.192 192.80.8.124
                    fd00:ec2::254 fd00:ec2::23 fd20:ce::254 fe80::a9fe:a9fe
                    """.split("\\s+");
        }

        @ParameterizedTest
        @MethodSource("addresses")
        void isNotAllowedByABlockOrANameThatHasIt(String text) {
            EgressPolicy policy = policy(List.of("0.0.0.0/0", "::/0", "*.example", "wiki"), List.of(), "80");

            assertRefused(policy, url(text), "cloud metadata addresses may not be called");
            assertThat(resolved(policy, text, text)).isNotNull();
            assertThat(resolved(policy, "a.example", text)).isNotNull();
            assertThat(resolved(policy, "wiki", text)).isNotNull();
        }

        @ParameterizedTest
        @MethodSource("addresses")
        void isAllowedByAnEntryOfItsOwn(String text) {
            EgressPolicy policy = policy(List.of(text), List.of(), "80");

            assertThat(judge(policy, url(text))).isNull();
            assertThat(resolved(policy, "a.example", text)).isNull();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "64:ff9b::a9fe:a9fe",
                    "64:ff9b:1::a9fe:a9fe",
                    "64:ff9b:1:a9fe:a9:fe00::",
                    "2002:a9fe:a9fe::1",
                    "2001:0:a9fe:a9fe::1",
                    "2001::5601:5601",
                    "::a9fe:a9fe",
                    "::ffff:0:a9fe:a9fe",
                    "2606:2800::5efe:a9fe:a9fe",
                    "2606:2800::200:5efe:a9fe:a9fe"
                })
        void isFoundInEveryAddressThatStandsForIt(String text) {
            EgressPolicy policy = policy(List.of("::/0"), List.of(), "80");

            assertRefused(policy, url(text), "cloud metadata addresses may not be called");
            assertThat(resolved(policy, "a.example", text)).isNotNull();
            assertThat(resolved(policy(List.of("::/0"), List.of("169.254.0.0/16"), "80"), "a.example", text))
                    .isEqualTo(new EgressRefusal("the host resolves to an address denied by muster.egress.deny"));
        }

        private static String url(String address) {
            return address.indexOf(':') < 0 ? "http://" + address + "/" : "http://[" + address + "]/";
        }
    }

    @Nested
    class Self {

        private final OwnPorts own = new OwnPorts();
        private final EgressPolicy policy = new EgressPolicy(
                new EgressProperties(List.of("0.0.0.0/0", "::/0"), List.of(), List.of("*")),
                Set.of(Authority.of("pricing", 8080)),
                own);

        private static Stream<InetAddress> ownAddresses() throws SocketException {
            return Stream.concat(
                    Stream.of("127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "64:ff9b::7f00:1")
                            .map(InetAddress::ofLiteral),
                    NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses));
        }

        @ParameterizedTest
        @MethodSource("ownAddresses")
        void isNotCalledOnAnyOwnAddress(InetAddress address) {
            own.add(8080);

            assertThat(policy.judge(Authority.of("a.example", 8080), address))
                    .isEqualTo(new EgressRefusal("Muster does not call itself"));
            assertThat(policy.judge(Authority.of("a.example", 8082), address)).isNull();
        }

        @Test
        void isNotCalledUnderATrustedName() {
            own.add(8080);

            assertThat(policy.judge(Authority.of("pricing", 8080), InetAddress.getLoopbackAddress()))
                    .isNotNull();
            assertThat(policy.judge(Authority.of("pricing", 8080), PUBLIC)).isNull();
        }
    }

    @Nested
    class Refusals {

        @Test
        void theRuleNamesNoResolvedAddressAndNoEntryOfTheConfiguration() {
            EgressPolicy policy = policy(List.of("10.9.0.0/16"), List.of("10.8.0.0/16", "*.corp.example"), "80");

            for (String address : List.of("10.1.2.3", "10.8.1.1", "127.0.0.1", "fd00::1")) {
                EgressRefusal refusal = resolved(policy, "a.example", address);
                assertThat(refusal).isNotNull();
                assertThat(refusal.rule()).doesNotContainPattern("[0-9]").doesNotContain("loopback", "private");
            }
            EgressRefusal denied = judge(policy, "http://a.corp.example/");
            assertThat(denied).isNotNull();
            assertThat(denied.rule()).doesNotContain("corp");
        }

        @Test
        void theExceptionCarriesTheRuleAndNoStackTrace() {
            EgressRefusal refusal = new EgressRefusal("because");
            EgressDeniedException exception = new EgressDeniedException(refusal);

            assertThat(exception.refusal()).isEqualTo(refusal);
            assertThat(exception).hasMessage("because");
            assertThat(exception.getStackTrace()).isEmpty();
        }
    }

    private static EgressPolicy policy(List<String> allow, List<String> deny, String... ports) {
        return new EgressPolicy(new EgressProperties(allow, deny, List.of(ports)), Set.of(), NOWHERE);
    }

    private static @Nullable EgressRefusal judge(EgressPolicy policy, String target) {
        return policy.judge(URI.create(target));
    }

    private static @Nullable EgressRefusal resolved(EgressPolicy policy, String host, String address) {
        return policy.judge(Authority.of(host, 80), InetAddress.ofLiteral(address));
    }

    private static void assertRefused(EgressPolicy policy, String target, String rule) {
        EgressRefusal refusal = judge(policy, target);
        assertThat(refusal).as(target).isNotNull();
        assertThat(refusal.rule()).contains(rule);
    }

    // What InetAddress.getByAddress would have turned into IPv4, as a resolver may hand it over.
    private static Inet6Address mapped(byte[] ipv4) throws UnknownHostException {
        byte[] bytes = new byte[16];
        bytes[10] = (byte) 0xff;
        bytes[11] = (byte) 0xff;
        System.arraycopy(ipv4, 0, bytes, 12, 4);
        return Inet6Address.getByAddress(null, bytes, -1);
    }
}
