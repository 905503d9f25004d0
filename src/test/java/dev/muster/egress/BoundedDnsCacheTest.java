package dev.muster.egress;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import java.net.InetAddress;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BoundedDnsCacheTest {

    private static final int NAMES = 50;
    private static final int ADDRESSES = 4;
    private static final int SECONDS = 60;

    private final DefaultEventLoop loop = new DefaultEventLoop();
    private final BoundedDnsCache cache = new BoundedDnsCache(SECONDS, NAMES, ADDRESSES);

    @AfterEach
    void close() {
        cache.clear();
        var _ = loop.shutdownGracefully();
    }

    @Test
    void soManyNamesAreKeptAndThoseThatAreAskedForStay() {
        cache("often.test", 1);
        for (int i = 0; i < 10 * NAMES; i++) {
            cache("n%d.test".formatted(i), 1);
            assertThat(cache.get("often.test", null)).hasSize(1);
        }
        assertThat(IntStream.range(0, 10 * NAMES)
                        .mapToObj("n%d.test"::formatted)
                        .filter(name -> cache.get(name, null) != null))
                .hasSize(NAMES - 1);
    }

    @Test
    void soManyAddressesOfANameAreKept() {
        for (int i = 1; i <= 10 * ADDRESSES; i++) {
            cache("many.test", i);
        }
        assertThat(cache.get("many.test", null))
                .extracting(entry -> entry.address().getHostAddress())
                .containsExactly("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4");
    }

    private void cache(String name, int number) {
        cache.cache(name, null, InetAddress.ofLiteral("10.0.0." + number), SECONDS, loop);
    }
}
