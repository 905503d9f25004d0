package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.io.ClassPathResource;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// Batches made from the OpenAPI document's schemas, sound ones and ones that something was done to, against the
/// running service: whatever comes, the answer is one that the document describes, in time, and the log stays empty.
@TestPropertySource(properties = {"muster.gateway.timeout=250ms", "muster.gateway.max-requests=50"})
class OpenApiFuzzTest extends RunningMuster {

    private static final Duration TIME = Duration.ofSeconds(4);
    private static final int MOST = 1_500;
    private static final String DOCUMENT_ID = "urn:muster:openapi";
    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final JsonNode document = read();
    private final SchemaRegistry registry = SchemaRegistry.withDialect(
            Dialects.getOpenApi31(), registry -> registry.schemas(Map.of(DOCUMENT_ID, document.toString())));
    private final Map<String, Schema> schemas = new HashMap<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @LocalServerPort
    private int port;

    private static JsonNode read() {
        try (var yaml = new ClassPathResource("openapi.yaml").getInputStream()) {
            return new YAMLMapper().readTree(yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void listen() {
        log.start();
        root.addAppender(log);
    }

    @AfterEach
    void nothingWasLogged() {
        root.detachAppender(log);
        // What reads the schemas speaks of those.
        assertThat(log.list)
                .filteredOn(event -> !event.getLoggerName().startsWith("com.networknt."))
                .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.WARN) || event.getThrowableProxy() != null)
                .extracting(ILoggingEvent::getFormattedMessage)
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void answerIsOneThatTheDocumentDescribes(long seed) throws Exception {
        var random = new Random(seed);
        var samples = new SchemaSamples(document, random);
        var statuses = new HashMap<Integer, Integer>();

        long end = System.nanoTime() + TIME.toNanos();
        for (int i = 0; i < MOST && System.nanoTime() - end < 0; i++) {
            var body = samples.batch();
            var bytes = random.nextInt(4) == 0 ? mutate(body.getBytes(UTF_8), random) : body.getBytes(UTF_8);
            var response = HTTP.send(request(bytes, random), BodyHandlers.ofString(UTF_8));
            statuses.merge(response.statusCode(), 1, Integer::sum);
            try {
                assertDescribed(response);
            } catch (AssertionError | RuntimeException undescribed) {
                throw new AssertionError(
                        "seed %d, request %d: %s".formatted(seed, i, new String(bytes, UTF_8)), undescribed);
            }
        }

        assertThat(statuses).as("both kinds of answers came").containsKeys(200, 400);
    }

    private HttpRequest request(byte[] body, Random random) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/batches"))
                .timeout(Duration.ofSeconds(10))
                .header(
                        "Content-Type",
                        oneOf(
                                random,
                                "application/json",
                                "application/json",
                                "application/json",
                                "application/json;charset=UTF-8",
                                "text/plain",
                                "application/json;charset=latin1",
                                ";;"))
                .header(
                        "Accept",
                        oneOf(
                                random,
                                "application/json",
                                "*/*",
                                "text/event-stream",
                                "application/x-ndjson",
                                "application/json;q=0.1, text/event-stream",
                                "image/png",
                                "/;q=2"))
                .header(
                        "X-Envoy-Expected-Rq-Timeout-Ms",
                        oneOf(random, "200", "200", "100", "1", "0", "-1", "soon", "99999999999999999999"))
                .header("traceparent", oneOf(random, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "none"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
    }

    private void assertDescribed(HttpResponse<String> response) {
        var status = Integer.toString(response.statusCode());
        var answer = document.at("/paths/~1batches/post/responses/" + status);
        assertThat(answer.isMissingNode())
                .as("status %s: %s", status, response.body())
                .isFalse();
        var pointer = answer.has("$ref")
                ? answer.path("$ref").asString().substring(1)
                : "/paths/~1batches/post/responses/" + status;
        var type = response.headers().firstValue("Content-Type").orElse("none").split(";", 2)[0];
        var schema = pointer + "/content/" + type.replace("/", "~1") + "/schema";
        assertThat(document.at(schema).isMissingNode())
                .as("%s as %s", status, type)
                .isFalse();
        switch (type) {
            case "text/event-stream" ->
                Arrays.stream(response.body().split("\n\n"))
                        .filter(event -> !event.startsWith(":"))
                        .map(event -> event.substring(event.indexOf("data: ") + 6))
                        .forEach(JSON::readTree);
            case "application/x-ndjson" ->
                response.body().lines().forEach(line -> assertValid("/components/schemas/StreamLine", line));
            default -> assertValid(schema, response.body());
        }
    }

    private void assertValid(String pointer, String json) {
        var schema =
                schemas.computeIfAbsent(pointer, at -> registry.getSchema(SchemaLocation.of(DOCUMENT_ID + '#' + at)));
        assertThat(schema.validate(JSON.readTree(json))).as(json).isEmpty();
    }

    private static byte[] mutate(byte[] document, Random random) {
        var mutated = document.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
        }
        return random.nextInt(4) == 0 ? Arrays.copyOf(mutated, random.nextInt(mutated.length)) : mutated;
    }

    private static String oneOf(Random random, String... values) {
        return List.of(values).get(random.nextInt(values.length));
    }
}
