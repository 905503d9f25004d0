package dev.muster.bench;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// nginx with one worker: the upstream that every aggregator calls, and the floor that each is held against.
final class Nginx implements AutoCloseable {

    private static final String UPSTREAM = "nginx-upstream";

    /// What one call answers: 87 bytes of JSON.
    static final String ANSWER =
            "{\"sku\":\"A-1009-77\",\"stock\":3,\"price\":{\"amount\":\"12.50\",\"currency\":\"EUR\"},\"eta\":\"2d\"}   ";

    /// The file of the certificate of [#upstream].
    static final String CERTIFICATE = UPSTREAM + ".crt";

    private final Server server;
    private final URI base;
    private final URI http2;
    private final URI https;
    private final HttpClient client = HttpClient.newHttpClient();
    private long asked;

    private Nginx(Server server, URI base, URI http2, URI https) {
        this.server = server;
        this.base = base;
        this.http2 = http2;
        this.https = https;
    }

    /// Answers every path but `/requests` with [#ANSWER].
    static Nginx upstream(Path directory) throws IOException, InterruptedException {
        return start(UPSTREAM, directory, "", "default_type application/json; return 200 '%s';".formatted(ANSWER));
    }

    /// Hands every request on to `upstream`, over connections that stay open.
    static Nginx proxy(Path directory, Nginx upstream) throws IOException, InterruptedException {
        return start(
                "nginx-proxy",
                directory,
                "upstream backend { server 127.0.0.1:%d; keepalive 512; }".formatted(upstream.base.getPort()),
                "proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection \"\";");
    }

    private static Nginx start(String name, Path directory, String http, String location)
            throws IOException, InterruptedException {
        int port = Machine.freePort();
        int http2Port = Machine.freePort();
        int httpsPort = Machine.freePort();
        X509Bundle certificate = certificate();
        Files.writeString(directory.resolve(name + ".key"), certificate.getPrivateKeyPEM());
        Files.writeString(directory.resolve(name + ".crt"), certificate.getCertificatePEM());
        Path configuration = directory.resolve(name + ".conf");
        Files.writeString(configuration, """
                worker_processes 1;
                daemon off;
                pid %1$s/%2$s.pid;
                error_log %1$s/%2$s.error.log crit;
                events { worker_connections 16384; }
                http {
                    access_log off;
                    client_body_temp_path %1$s/%2$s.body;
                    proxy_temp_path %1$s/%2$s.proxy;
                    fastcgi_temp_path %1$s/%2$s.fastcgi;
                    uwsgi_temp_path %1$s/%2$s.uwsgi;
                    scgi_temp_path %1$s/%2$s.scgi;
                    keepalive_requests 100000000;
                    keepalive_timeout 75s;
                    %3$s
                    server {
                        listen 127.0.0.1:%4$d backlog=4096;
                        listen 127.0.0.1:%6$d http2 backlog=4096;
                        listen 127.0.0.1:%7$d ssl backlog=4096;
                        ssl_certificate %1$s/%2$s.crt;
                        ssl_certificate_key %1$s/%2$s.key;
                        location = /requests { stub_status; }
                        location / { %5$s }
                    }
                }
                """.formatted(directory, name, http, port, location, http2Port, httpsPort));
        var server = Server.start(
                name, directory, List.of("nginx", "-p", directory.toString(), "-c", configuration.toString()));
        var base = URI.create("http://127.0.0.1:" + port);
        server.awaitReady(base.resolve("/requests"));
        return new Nginx(
                server,
                base,
                URI.create("http://127.0.0.1:" + http2Port),
                URI.create("https://127.0.0.1:" + httpsPort));
    }

    private static X509Bundle certificate() {
        try {
            return new CertificateBuilder()
                    .algorithm(CertificateBuilder.Algorithm.rsa2048)
                    .subject("CN=bench")
                    .setIsCertificateAuthority(true)
                    .addSanIpAddress("127.0.0.1")
                    .buildSelfSigned();
        } catch (Exception failure) {
            throw new IllegalStateException("no certificate could be made", failure);
        }
    }

    URI base() {
        return base;
    }

    /// The same by HTTP/2 in clear text, with prior knowledge.
    URI http2() {
        return http2;
    }

    /// The same by TLS, with the certificate [#CERTIFICATE] of its directory.
    URI https() {
        return https;
    }

    Server server() {
        return server;
    }

    /// How many requests it has been asked, those for this count left out.
    long requests() throws IOException, InterruptedException {
        var status = client.send(
                        HttpRequest.newBuilder(base.resolve("/requests")).build(), BodyHandlers.ofString())
                .body();
        asked++;
        return Long.parseLong(
                        status.lines().skip(2).findFirst().orElseThrow().strip().split(" +", -1)[2])
                - asked;
    }

    @Override
    public void close() {
        server.close();
    }
}
