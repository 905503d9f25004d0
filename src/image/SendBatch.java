import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// Sends a batch to the URL given, prints the answer, and ends with 0 when the batch was taken on: what `helm test` runs.
///
/// Its one call goes where the egress policy lets nothing go, so that it needs no upstream. Over TLS the certificate in
/// the file given as the second argument is trusted, and no other, whoever has issued it and whatever names it has.
public final class SendBatch {

    public static void main(String[] arguments) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(arguments[0]))
                .timeout(Duration.ofSeconds(10))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"requests\": [\"http://169.254.169.254/\"]}"));
        String key = System.getenv("MUSTER_API_KEY");
        if (key != null) {
            request.header("X-API-Key", key.strip());
        }
        HttpClient.Builder client = HttpClient.newBuilder();
        if (arguments.length > 1) {
            System.setProperty("jdk.internal.httpclient.disableHostnameVerification", "true");
            client.sslContext(trusting(Path.of(arguments[1])));
        }
        HttpResponse<String> answer = client.build().send(request.build(), BodyHandlers.ofString());
        System.out.println(answer.statusCode() + " " + answer.body());
        System.exit(answer.statusCode() == 200 && answer.body().contains("\"egress-denied\"") ? 0 : 1);
    }

    /// Of a chain it is the first that counts, the server's own.
    private static SSLContext trusting(Path certificate) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            trusted.setCertificateEntry(
                    "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, managers.getTrustManagers(), null);
        return tls;
    }
}
