package dev.muster.clients;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.MusterApplication;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import org.springframework.web.reactive.function.client.support.WebClientAdapter;
import org.springframework.web.service.annotation.PostExchange;
import org.springframework.web.service.invoker.HttpServiceProxyFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/// The client that needs no generator: an interface, and records with what is wanted of the answers.
@SpringBootTest(
        classes = MusterApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "management.server.port=0",
            "spring.profiles.active=demo",
            "muster.gateway.timeout=10s",
            "muster.services.a.timeout=8s",
            "muster.services.c.timeout=8s"
        })
@Timeout(60)
class HttpExchangeTest {

    record Call(String id, String service, String path) {}

    record Batch(String strategy, List<Call> requests) {}

    record Result(
            String id,
            String outcome,
            @Nullable Integer status,
            @Nullable JsonNode body) {}

    record Answer(String outcome, List<Result> results) {}

    record Line(@Nullable Result result, @Nullable Answer summary) {}

    record Failed(String detail, Answer batch) {}

    interface Muster {
        @PostExchange(url = "/batches", accept = "application/json")
        Mono<Answer> run(@RequestBody Batch batch);

        @PostExchange(url = "/batches", accept = "text/event-stream")
        Flux<ServerSentEvent<JsonNode>> events(@RequestBody Batch batch);

        @PostExchange(url = "/batches", accept = "application/x-ndjson")
        Flux<Line> lines(@RequestBody Batch batch);
    }

    static Muster muster(String baseUrl) {
        var adapter = WebClientAdapter.create(WebClient.create(baseUrl));
        return HttpServiceProxyFactory.builderFor(adapter).build().createClient(Muster.class);
    }

    @LocalServerPort
    private int port;

    private Muster muster = muster("http://127.0.0.1");

    @DynamicPropertySource
    static void simulator(DynamicPropertyRegistry properties) {
        SimulatorPort.choose(properties);
    }

    @BeforeEach
    void connect() {
        muster = muster("http://127.0.0.1:" + port);
    }

    private static Batch batch(String strategy) {
        return new Batch(strategy, List.of(new Call("slow", "a", "/delay/500"), new Call("fast", "a", "/delay/5")));
    }

    @Test
    void runsEveryStrategy() {
        Map<String, List<String>> ids = Map.of(
                "gather", List.of("slow", "fast"),
                "as-completed", List.of("fast", "slow"),
                "first-completed", List.of("slow", "fast"),
                "wait", List.of("slow", "fast"));

        ids.forEach((strategy, order) -> {
            Answer answer = requireNonNull(muster.run(batch(strategy)).block());
            assertThat(answer.outcome()).as(strategy).isEqualTo("complete");
            assertThat(answer.results()).extracting(Result::id).as(strategy).isEqualTo(order);
        });
    }

    @Test
    void readsResultsAsTheyCome() {
        assertThat(muster.events(batch("as-completed"))
                        .map(event -> event.event() + " "
                                + requireNonNull(event.data()).path("id").asString())
                        .take(2)
                        .collectList()
                        .block())
                .containsExactly("result fast", "result slow");
        assertThat(muster.lines(batch("as-completed"))
                        .map(line -> line.result() != null
                                ? line.result().id()
                                : requireNonNull(line.summary()).outcome())
                        .collectList()
                        .block())
                .containsExactly("fast", "slow", "complete");
    }

    @Test
    void decodesWhatHasFailed() {
        var late = new Batch("gather", List.of(new Call("price", "b", "/delay/200")));

        var refused = catchThrowableOfType(
                WebClientResponseException.class, () -> muster.run(late).block());

        assertThat(refused.getStatusCode().value()).isEqualTo(504);
        Failed failed = requireNonNull(refused.getResponseBodyAs(Failed.class));
        assertThat(failed.batch().results()).extracting(Result::outcome).containsExactly("timed-out");
    }

    /// Each block of Java stands in a source that is compiled and run.
    @Test
    void theReadmeShowsWhatWasTried() throws Exception {
        String sources = Stream.of(
                        "src/test/java/dev/muster/clients/HttpExchangeTest.java",
                        "src/test/clients/native/client/NativeClient.java",
                        "src/test/java/dev/muster/acceptance/FiltersAndCredentialsTest.java")
                .map(HttpExchangeTest::withoutSpace)
                .reduce("", String::concat);

        var blocks = Pattern.compile("(?ms)^```java\\R(.*?)^```")
                .matcher(Files.readString(Path.of("README.md")))
                .results()
                .map(block -> block.group(1))
                .toList();
        assertThat(blocks).hasSize(3).allSatisfy(block -> {
            for (String part : block.split("\\R\\R", -1)) {
                assertThat(sources).contains(part.replaceAll("\\s", ""));
            }
        });
    }

    private static String withoutSpace(String source) {
        try {
            return Files.readString(Path.of(source)).replaceAll("\\s", "");
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
