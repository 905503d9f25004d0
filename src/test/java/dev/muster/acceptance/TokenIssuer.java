package dev.muster.acceptance;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// An issuer of tokens that publishes its keys on loopback.
final class TokenIssuer implements AutoCloseable {

    private final HttpServer server;
    private final AtomicInteger fetches = new AtomicInteger();
    private volatile RSAKey key = newKey("1");

    private TokenIssuer(HttpServer server) {
        this.server = server;
    }

    static TokenIssuer start() {
        try {
            var issuer =
                    new TokenIssuer(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16));
            issuer.server.createContext("/keys", exchange -> {
                issuer.fetches.incrementAndGet();
                byte[] keys = new JWKSet(issuer.key.toPublicJWK()).toString().getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, keys.length);
                exchange.getResponseBody().write(keys);
                exchange.close();
            });
            issuer.server.createContext("/silence", _ -> {
                // whoever asks waits
            });
            issuer.server.start();
            return issuer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String url(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    /// How often the keys were asked for.
    int fetches() {
        return fetches.get();
    }

    /// Signs and publishes another key from now on.
    void rotate(String id) {
        key = newKey(id);
    }

    /// A token that names a key that is none of the issuer's.
    static String unknown(String id, RSAKey signer) {
        return sign(claims("erin"), new RSAKey.Builder(signer).keyID(id).build());
    }

    /// A token for Muster with the scope `batches`, valid for a minute.
    static JWTClaimsSet.Builder claims(@Nullable String subject) {
        return new JWTClaimsSet.Builder()
                .subject(subject)
                .issuer("https://issuer.test")
                .audience(List.of("muster", "another"))
                .claim("scope", "other batches")
                .expirationTime(Date.from(Instant.now().plusSeconds(60)));
    }

    String token(JWTClaimsSet.Builder claims) {
        return sign(claims, key);
    }

    /// A token signed with another key of the same name.
    static String forged(JWTClaimsSet.Builder claims) {
        return sign(claims, newKey("1"));
    }

    private static String sign(JWTClaimsSet.Builder claims, RSAKey key) {
        try {
            var token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.RS256)
                            .keyID(key.getKeyID())
                            .build(),
                    claims.build());
            token.sign(new RSASSASigner(key));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    static RSAKey newKey(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
