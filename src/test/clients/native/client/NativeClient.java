package client;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.function.Consumer;
import java.util.stream.Stream;
import muster.client.BatchesApi;
import muster.client.invoker.ApiClient;
import muster.client.invoker.ApiException;
import muster.client.model.Batch;
import muster.client.model.BatchAnswer;
import muster.client.model.CallResult;
import muster.client.model.StreamLine;
import muster.client.model.Summary;

/// The library `native`: the JDK's HTTP client.
public final class NativeClient extends Client {

    private final ApiClient client = new ApiClient();

    public NativeClient(String baseUrl) {
        client.updateBaseUri(baseUrl);
    }

    @Override
    BatchAnswer run(Batch batch) throws Exception {
        try {
            return new BatchesApi(client).runBatch(batch, 5_000L, null, null);
        } catch (ApiException refused) {
            throw new NotOk(
                    refused.getCode(),
                    client.getObjectMapper().readValue(refused.getResponseBody(), problemOf(refused.getCode())));
        }
    }

    @Override
    void readEvents(Batch batch, Consumer<CallResult> results, Consumer<Summary> summary) throws Exception {
        var event = new String[1];
        for (String line : (Iterable<String>) lines(batch, "text/event-stream")::iterator) {
            if (line.startsWith("event: ")) {
                event[0] = line.substring(7);
            } else if (line.startsWith("data: ") && event[0].equals("result")) {
                results.accept(client.getObjectMapper().readValue(line.substring(6), CallResult.class));
            } else if (line.startsWith("data: ")) {
                summary.accept(client.getObjectMapper().readValue(line.substring(6), Summary.class));
            }
        }
    }

    @Override
    void readLines(Batch batch, Consumer<CallResult> results, Consumer<Summary> summary) throws Exception {
        for (String text : (Iterable<String>) lines(batch, "application/x-ndjson")::iterator) {
            StreamLine line = client.getObjectMapper().readValue(text, StreamLine.class);
            if (line.getResult() != null) {
                results.accept(line.getResult());
            } else {
                summary.accept(line.getSummary());
            }
        }
    }

    private Stream<String> lines(Batch batch, String accept) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(client.getBaseUri() + "/batches"))
                .header("Content-Type", "application/json")
                .header("Accept", accept)
                .POST(BodyPublishers.ofByteArray(client.getObjectMapper().writeValueAsBytes(batch)))
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofLines()).body();
    }
}
