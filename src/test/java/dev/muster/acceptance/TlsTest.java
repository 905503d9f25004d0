package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/// TLS on both sides, with certificates that are replaced while Muster runs.
@Timeout(180)
class TlsTest {

    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final X509Bundle AUTHORITY = authority("CN=first");
    private static final X509Bundle OTHER_AUTHORITY = authority("CN=second");

    @TempDir
    private Path directory = Path.of("");

    /// Whoever probes it or reads its meters has no certificate.
    @Test
    void theManagementPortStaysInClearText() throws Exception {
        List<String> properties = new ArrayList<>(bundle("inbound", issued("CN=muster", AUTHORITY), AUTHORITY));
        properties.add("server.ssl.bundle=inbound");
        properties.add("server.ssl.client-auth=need");
        try (var muster = StartedMuster.with(properties)) {
            assertThat(new Management(muster.managementPort())
                            .get("health/serving", "*/*")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void whoeverHasNoCertificateIsNotLetInAndANewOneIsShownWithoutARestart() throws Exception {
        List<String> properties = new ArrayList<>(bundle("inbound", issued("CN=muster", AUTHORITY), AUTHORITY));
        properties.add("server.ssl.bundle=inbound");
        properties.add("server.ssl.client-auth=need");
        X509Bundle caller = issued("CN=caller", AUTHORITY);
        try (var muster = StartedMuster.with(properties);
                var known = client(AUTHORITY, caller);
                var unknown = client(AUTHORITY, null);
                var foreign = client(AUTHORITY, issued("CN=caller", OTHER_AUTHORITY));
                var later = client(OTHER_AUTHORITY, caller)) {
            assertThat(document(known, muster)).isEqualTo(200);
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> document(unknown, muster));
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> document(foreign, muster));
            assertThatExceptionOfType(SSLException.class).isThrownBy(() -> document(later, muster));

            write("inbound", issued("CN=muster", OTHER_AUTHORITY), AUTHORITY);

            await().atMost(BOUND)
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .until(() -> document(later, muster) == 200);
            assertThat(document(known, muster)).as("on its open connection").isEqualTo(200);
        }
    }

    @Test
    void aServiceIsShownTheCertificateOfItsBundleAndANewOneWithoutARestart() throws Exception {
        List<String> properties = new ArrayList<>(bundle("partner", issued("CN=muster-1", AUTHORITY), AUTHORITY));
        try (var upstream = new MutualTlsUpstream()) {
            properties.add("muster.services.partner.base-url=" + upstream.url());
            properties.add("muster.services.partner.ssl-bundle=partner");
            properties.add("muster.services.partner.timeout=20s");
            properties.add("muster.gateway.timeout=20s");
            try (var muster = StartedMuster.with(properties)) {
                assertThat(seenBy(muster, "/")).isEqualTo("CN=muster-1");
                var underWay = CompletableFuture.supplyAsync(() -> seenBy(muster, "/hold"));
                assertThat(upstream.held.await(10, TimeUnit.SECONDS)).isTrue();

                write("partner", issued("CN=muster-2", AUTHORITY), AUTHORITY);

                await().atMost(BOUND).until(() -> seenBy(muster, "/").equals("CN=muster-2"));
                upstream.go.countDown();
                assertThat(underWay).succeedsWithin(BOUND).isEqualTo("CN=muster-1");
            }
        }
    }

    @Test
    void aServiceThatAsksForACertificateOrHasAnotherAuthoritysIsNotSpokenTo() throws Exception {
        List<String> properties = new ArrayList<>(bundle("trusting", null, AUTHORITY));
        properties.addAll(bundle("mistaken", issued("CN=muster", AUTHORITY), OTHER_AUTHORITY));
        try (var upstream = new MutualTlsUpstream()) {
            properties.add("muster.services.jvm.base-url=" + upstream.url());
            properties.add("muster.services.certless.base-url=" + upstream.url());
            properties.add("muster.services.certless.ssl-bundle=trusting");
            properties.add("muster.services.mistaken.base-url=" + upstream.url());
            properties.add("muster.services.mistaken.ssl-bundle=mistaken");
            properties.add("muster.services.named.base-url=" + upstream.url().replace("127.0.0.1", "localhost"));
            properties.add("muster.services.named.ssl-bundle=trusting");
            properties.add("muster.services.default.timeout=10s");
            properties.add("muster.services.default.connect-timeout=5s");
            properties.add("muster.gateway.timeout=20s");
            try (var muster = StartedMuster.with(properties)) {
                Reply reply = muster.client()
                        .post(Batch.gather(
                                Call.to("jvm", "/").with("id", "jvm"),
                                Call.to("certless", "/").with("id", "certless"),
                                Call.to("mistaken", "/").with("id", "mistaken"),
                                Call.to("named", "/").with("id", "named")));

                assertThat(reply.error("jvm").path("type").asString()).isEqualTo("tls-failed");
                assertThat(reply.error("mistaken").path("type").asString()).isEqualTo("tls-failed");
                assertThat(reply.error("named").path("type").asString()).isEqualTo("tls-failed");
                // With TLS 1.3 a server refuses after its client's handshake is done, when the request
                // may have left.
                assertThat(reply.error("certless").path("type").asString()).isIn("tls-failed", "connection-reset");
                assertThat(upstream.answered).hasValue(0);
            }
        }
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void aBundleThatIsNotThereIsNamed(CapturedOutput output) {
        assertThatException()
                .isThrownBy(() -> StartedMuster.with(
                        "muster.services.a.base-url=https://127.0.0.1:9", "muster.services.a.ssl-bundle=none"));
        await().untilAsserted(() -> assertThat(output)
                .contains("muster.services.a.ssl-bundle: there is no 'none' under spring.ssl.bundle"));
    }

    private static String seenBy(StartedMuster muster, String path) {
        Reply reply = muster.client().post(Batch.gather(Call.to("partner", path).with("id", "seen")));
        return reply.slot("seen").path("body").asString("no body in " + reply);
    }

    private static int document(HttpClient client, StartedMuster muster) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + muster.port() + "/v3/api-docs"))
                                .timeout(BOUND)
                                .build(),
                        BodyHandlers.discarding())
                .statusCode();
    }

    // Certificates.

    private static X509Bundle authority(String name) {
        try {
            return new CertificateBuilder()
                    .subject(name)
                    .setIsCertificateAuthority(true)
                    .ecp256()
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /// For 127.0.0.1, and for no name.
    private static X509Bundle issued(String name, X509Bundle authority) throws Exception {
        return new CertificateBuilder()
                .subject(name)
                .addSanIpAddress("127.0.0.1")
                .ecp256()
                .buildIssuedBy(authority);
    }

    /// The properties of a bundle that is read from files, and anew when they change.
    private List<String> bundle(String name, @Nullable X509Bundle own, X509Bundle trusted) throws IOException {
        write(name, own, trusted);
        String prefix = "spring.ssl.bundle.pem." + name + ".";
        List<String> properties = new ArrayList<>(List.of(
                "spring.ssl.bundle.watch.file.quiet-period=100ms",
                prefix + "reload-on-update=true",
                prefix + "truststore.certificate=file:" + file(name, "ca")));
        if (own != null) {
            properties.add(prefix + "keystore.certificate=file:" + file(name, "crt"));
            properties.add(prefix + "keystore.private-key=file:" + file(name, "key"));
        }
        return properties;
    }

    private void write(String name, @Nullable X509Bundle own, X509Bundle trusted) throws IOException {
        if (own != null) {
            replace(file(name, "key"), own.getPrivateKeyPEM());
            replace(file(name, "crt"), own.getCertificatePathPEM());
        }
        replace(file(name, "ca"), trusted.getCertificatePEM());
    }

    private static void replace(Path file, String content) throws IOException {
        Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".next"), content);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private Path file(String name, String extension) {
        return directory.resolve(name + "." + extension);
    }

    private static HttpClient client(X509Bundle trusted, @Nullable X509Bundle own) throws Exception {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(context(trusted, own))
                .build();
    }

    private static SSLContext context(X509Bundle trusted, @Nullable X509Bundle own) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                own == null ? new KeyManager[0] : own.toKeyManagerFactory().getKeyManagers(),
                new TrustManager[] {trusted.toTrustManager()},
                null);
        return context;
    }

    /// Answers each request with the name of the certificate that it came with; `/hold` when the test says so.
    private static final class MutualTlsUpstream implements AutoCloseable {

        private final CountDownLatch held = new CountDownLatch(1);
        private final CountDownLatch go = new CountDownLatch(1);
        private final AtomicInteger answered = new AtomicInteger();
        private final HttpsServer server;

        MutualTlsUpstream() throws Exception {
            server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
            server.setHttpsConfigurator(new HttpsConfigurator(context(AUTHORITY, issued("CN=partner", AUTHORITY))) {
                @Override
                public void configure(HttpsParameters parameters) {
                    SSLParameters tls = getSSLContext().getDefaultSSLParameters();
                    tls.setNeedClientAuth(true);
                    parameters.setSSLParameters(tls);
                }
            });
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", exchange -> answer((HttpsExchange) exchange));
            server.start();
        }

        private void answer(HttpsExchange exchange) throws IOException {
            answered.incrementAndGet();
            if (exchange.getRequestURI().getPath().equals("/hold")) {
                held.countDown();
                await().atMost(BOUND).until(() -> go.getCount() == 0);
            }
            byte[] name = exchange.getSSLSession().getPeerPrincipal().getName().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            exchange.sendResponseHeaders(200, name.length);
            exchange.getResponseBody().write(name);
            exchange.close();
        }

        String url() {
            return "https://127.0.0.1:" + server.getAddress().getPort();
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
