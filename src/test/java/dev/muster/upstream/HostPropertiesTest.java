package dev.muster.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.CallPlans;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.egress.Authority;
import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressProperties;
import dev.muster.egress.OwnPorts;
import dev.muster.outcome.CallOutcome;
import dev.muster.url.HttpUrl;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.statistics.Statistics;

/// The host that the policy judges is the one that is called: each of those who read a URL on its way, up to the
/// upstream, reads the same.
class HostPropertiesTest {

    private static final Upstreams UPSTREAMS = Upstreams.open();
    private static final RawServer SERVER = RawServer.answering(RawServer.ok("x"));

    private final EgressPolicy policy =
            new EgressPolicy(new EgressProperties(List.of(), List.of(), List.of("*")), Set.of(), new OwnPorts());

    @AfterContainer
    static void close() throws Exception {
        UPSTREAMS.close();
        SERVER.close();
    }

    @Property(tries = 200)
    void theUpstreamIsToldTheHostThatWasJudged(@ForAll("names") String name) throws InterruptedException {
        URI uri;
        try {
            uri = new URI("http://" + name + ".test:" + SERVER.port() + "/");
        } catch (URISyntaxException invalid) {
            return;
        }
        boolean allowed = policy.judge(uri) == null;

        CallOutcome outcome = UPSTREAMS.call(CallPlans.to(uri.toString()));

        Statistics.label("allowed")
                .collect(allowed)
                .coverage(coverage -> coverage.check(true).percentage(share -> share > 20));
        if (!allowed) {
            assertThat(outcome).isInstanceOf(CallOutcome.Rejected.class);
            return;
        }
        assertThat(outcome).isInstanceOf(CallOutcome.Succeeded.class);
        var judged = Authority.of(Objects.requireNonNull(HttpUrl.host(uri)), HttpUrl.port(uri));
        assertThat(judged).isEqualTo(Authority.of(name + ".test", SERVER.port()));
        assertThat(InetSocketAddress.createUnresolved(judged.host(), judged.port())
                        .getHostString())
                .isEqualTo(judged.host());
        assertThat(SERVER.request().header("host")).containsExactly(judged.host() + ":" + judged.port());
    }

    @Provide
    Arbitrary<String> names() {
        Arbitrary<String> piece = Arbitraries.frequencyOf(
                Tuple.of(8, Arbitraries.of("a", "B", "_", "__", "0", "7", ".", "-", "xn--", "0x", "_-")),
                Tuple.of(1, Arbitraries.of("%5f", "%", ":", "\uFF3F", "@", "[", " ")));
        return piece.list().ofMinSize(1).ofMaxSize(6).map(pieces -> String.join("", pieces));
    }
}
