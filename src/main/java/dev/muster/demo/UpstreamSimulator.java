package dev.muster.demo;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import reactor.netty.ChannelBindException;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/// An HTTP upstream on 127.0.0.1 that behaves as well or as badly as each request asks for; `/` lists how.
///
/// It is there before the web server takes its first request, and until that has answered its last.
@Component
@Profile("demo")
public final class UpstreamSimulator implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(UpstreamSimulator.class);
    /// What it answers at once, and well.
    public static final List<String> QUICK_PATHS = List.of(
            "/json",
            "/delay/1",
            "/status/404",
            "/bytes/64",
            "/text",
            "/gzip",
            "/echo?a=b",
            "/redirect/1",
            "/items/7?service=pricing",
            "/flaky?failures=0",
            "/drip?duration=1ms&numbytes=1");

    private static final Duration STOP_WITHIN = Duration.ofSeconds(2);

    private final DemoProperties properties;
    private volatile @Nullable Running running;

    public UpstreamSimulator(DemoProperties properties) {
        this.properties = properties;
    }

    /// The port it is bound to.
    ///
    /// @throws IllegalStateException if it is not running
    public int port() {
        Running current = running;
        if (current == null) {
            throw new IllegalStateException("the upstream simulator is not running");
        }
        return current.server.port();
    }

    /// @throws ChannelBindException naming the port, if that is taken
    @Override
    public void start() {
        // Event loops of its own: an upstream that is busy must not look like a Muster that is slow.
        LoopResources loops = LoopResources.create("muster-demo", 1, 2, true);
        try {
            DisposableServer server = server().host("127.0.0.1")
                    .port(properties.port())
                    .runOn(loops)
                    .bindNow();
            running = new Running(server, loops);
            log.info("Upstream simulator listens on http://127.0.0.1:{}", server.port());
        } catch (ChannelBindException failure) {
            loops.dispose();
            throw failure;
        }
    }

    /// One that is yet to be bound, and has seen nothing.
    public static HttpServer server() {
        Seen seen = new Seen();
        return HttpServer.create()
                .doOnChannelInit((observer, channel, remoteAddress) -> ClientConnection.watch(channel, seen))
                .handle(new Endpoints(seen)::answer);
    }

    /// Cuts every connection: what is still being answered then is of no use to anyone.
    @Override
    public void stop() {
        Running current = running;
        if (current != null) {
            running = null;
            current.server.disposeNow(STOP_WITHIN);
            current.loops.disposeLater(Duration.ZERO, STOP_WITHIN).block(STOP_WITHIN);
        }
    }

    @Override
    public boolean isRunning() {
        return running != null;
    }

    @Override
    public int getPhase() {
        return WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1;
    }

    private record Running(DisposableServer server, LoopResources loops) {}
}
