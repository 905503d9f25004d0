package dev.muster.upstream;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.muster.call.CallPlans;
import dev.muster.call.NoLeaks;
import dev.muster.call.SelfSigned;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import dev.muster.service.Protocol;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/// nginx, which ends an HTTP/2 connection gracefully after so many requests. Where there is none installed, nothing is
/// tested.
@ExtendWith(NoLeaks.class)
class NginxHttp2Test {

    private static final int CALLS = 10_000;
    private static final int AT_A_TIME = 50;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static Path nginx = Path.of("nginx");

    @BeforeAll
    static void find() {
        var found = Stream.of("/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(found.isPresent(), "nginx is not installed");
        nginx = found.get();
    }

    @Test
    void noCallFailsWhenItEndsConnectionsInClearText(@TempDir Path dir) throws Exception {
        int port = freePort();
        try (var _ = start(dir, port, "listen 127.0.0.1:%d http2;".formatted(port))) {
            assertNoCallFails("http", port, Protocol.H2C);
        }
    }

    @Test
    void noCallFailsWhenItEndsConnectionsOverTls(@TempDir Path dir) throws Exception {
        int port = freePort();
        var certificate = SelfSigned.in(dir);
        Path pem = certificate.pem();
        var listen =
                "listen 127.0.0.1:%d ssl http2; ssl_certificate %s; ssl_certificate_key %s;".formatted(port, pem, pem);
        try (var _ = start(dir, port, listen)) {
            certificate.whileTrusted(() -> assertNoCallFails("https", port, Protocol.H2));
        }
    }

    private static void assertNoCallFails(String scheme, int port, Protocol protocol) {
        try (var upstreams = Upstreams.with().protocol(protocol).open()) {
            var failed = Flux.range(0, CALLS)
                    .flatMap(
                            i -> {
                                CallPlans call = CallPlans.to("%s://127.0.0.1:%d/%d".formatted(scheme, port, i))
                                        .service(upstreams.service());
                                CallPlan plan = i % 2 == 0
                                        ? call.build()
                                        : call.method("POST")
                                                .body(new byte[] {'h', 'i'}, "text/plain")
                                                .build();
                                return upstreams.make(plan, upstreams.live(plan));
                            },
                            AT_A_TIME)
                    .filter(outcome -> !(outcome instanceof CallOutcome.Succeeded))
                    .collectList()
                    .block(PATIENCE);

            assertThat(failed).isEmpty();
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private static Closeable start(Path dir, int port, String listen) throws IOException {
        Path configuration = Files.writeString(dir.resolve("nginx.conf"), """
                daemon off;
                master_process off;
                pid %1$s/nginx.pid;
                error_log %1$s/error.log;
                events {}
                http {
                  access_log off;
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi;
                  scgi_temp_path %1$s/scgi;
                  keepalive_requests 300;
                  server {
                    %2$s
                    location / { return 200 "ok"; }
                  }
                }
                """.formatted(dir, listen));
        Process process = new ProcessBuilder(
                        nginx.toString(),
                        "-p",
                        dir.toString(),
                        "-e",
                        dir + "/error.log",
                        "-c",
                        configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("output.log").toFile())
                .start();
        awaitListening(process, port, dir);
        return () -> {
            process.destroy();
            assertThat(process.onExit()).succeedsWithin(BOUND);
        };
    }

    private static void awaitListening(Process process, int port, Path dir) throws IOException {
        for (int i = 0; i < 200 && process.isAlive(); i++) {
            try (var _ = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
                return;
            } catch (IOException notYet) {
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            }
        }
        process.destroyForcibly();
        fail(Files.readString(dir.resolve("output.log")));
    }
}
