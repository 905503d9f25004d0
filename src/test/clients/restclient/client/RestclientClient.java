package client;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import muster.client.BatchesApi;
import muster.client.invoker.ApiClient;
import muster.client.model.Batch;
import muster.client.model.BatchAnswer;
import muster.client.model.CallResult;
import muster.client.model.StreamLine;
import muster.client.model.Summary;
import org.springframework.http.MediaType;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientResponseException;
import tools.jackson.databind.json.JsonMapper;

/// The library `restclient`: Spring's.
public final class RestclientClient extends Client {

    private final JsonMapper json = ApiClient.createDefaultMapper(null);
    private final RestClient http = ApiClient.buildRestClient(json);
    private final ApiClient client = new ApiClient(http);

    public RestclientClient(String baseUrl) {
        client.setBasePath(baseUrl);
    }

    @Override
    BatchAnswer run(Batch batch) throws NotOk {
        try {
            return new BatchesApi(client).runBatch(batch, 5_000L, null, null);
        } catch (RestClientResponseException refused) {
            int status = refused.getStatusCode().value();
            throw new NotOk(status, refused.getResponseBodyAs(problemOf(status)));
        }
    }

    @Override
    void readEvents(Batch batch, Consumer<CallResult> results, Consumer<Summary> summary) {
        var event = new String[1];
        read(batch, MediaType.TEXT_EVENT_STREAM, line -> {
            if (line.startsWith("event: ")) {
                event[0] = line.substring(7);
            } else if (line.startsWith("data: ") && event[0].equals("result")) {
                results.accept(json.readValue(line.substring(6), CallResult.class));
            } else if (line.startsWith("data: ")) {
                summary.accept(json.readValue(line.substring(6), Summary.class));
            }
        });
    }

    @Override
    void readLines(Batch batch, Consumer<CallResult> results, Consumer<Summary> summary) {
        read(batch, MediaType.APPLICATION_NDJSON, text -> {
            StreamLine line = json.readValue(text, StreamLine.class);
            if (line.getResult() != null) {
                results.accept(line.getResult());
            } else {
                summary.accept(line.getSummary());
            }
        });
    }

    private void read(Batch batch, MediaType accept, Consumer<String> line) {
        var request = http.post()
                .uri(client.getBasePath() + "/batches")
                .contentType(MediaType.APPLICATION_JSON)
                .accept(accept)
                .body(batch);
        request.exchange((_, response) -> {
            new BufferedReader(new InputStreamReader(response.getBody(), StandardCharsets.UTF_8)).lines().forEach(line);
            return true;
        });
    }
}
