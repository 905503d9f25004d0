import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/// Sends a batch to the URL given, prints the answer, and ends with 0 when the batch was taken on: what `helm test` runs.
///
/// Its one call goes where the egress policy lets nothing go, so that it needs no upstream.
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
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
        System.out.println(answer.statusCode() + " " + answer.body());
        System.exit(answer.statusCode() == 200 && answer.body().contains("\"egress-denied\"") ? 0 : 1);
    }
}
