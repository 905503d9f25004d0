package dev.muster.demo;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.ChannelBindException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Over real sockets: a simulator is worth what it does on the wire.
@Timeout(30)
class UpstreamSimulatorTest {

    private static final JsonMapper JSON = new JsonMapper();

    private final UpstreamSimulator simulator = new UpstreamSimulator(new DemoProperties(0));
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeEach
    void start() {
        simulator.start();
    }

    @AfterEach
    void stop() {
        client.close();
        simulator.stop();
    }

    @Test
    void listsEveryEndpointAtTheRoot() throws Exception {
        assertThat(json(get("/")))
                .extracting(endpoint -> endpoint.get("path").asString())
                .contains("/", "/delay/{ms}", "/drip", "/seen")
                .hasSize(17);
    }

    @Test
    void listensOnLoopbackOnly() throws Exception {
        try (Socket socket = connect()) {
            assertThat(socket.getInetAddress().isLoopbackAddress()).isTrue();
        }
        assertThatThrownBy(() -> new Socket(InetAddress.ofLiteral("127.0.0.2"), simulator.port()))
                .isInstanceOf(SocketException.class);
    }

    @Test
    void answers404WhenThereIsNoSuchEndpoint() throws Exception {
        assertThat(get("/nothing/here").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/delay/120", "/delay/120ms", "/delay/PT0.12S", "/json?delay=120ms"})
    void answersNoSoonerThanTheDelay(String path) throws Exception {
        long start = System.nanoTime();
        assertThat(get(path).statusCode()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(120));
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 204, 205, 302, 304, 404, 418, 429, 500, 503, 599})
    void answersTheStatusAskedFor(int code) throws Exception {
        HttpResponse<byte[]> response = get("/status/" + code);

        assertThat(response.statusCode()).isEqualTo(code);
        assertThat(response.headers().firstValue("location").isPresent()).isEqualTo(code == 302);
        assertThat(response.headers().firstValue("retry-after").isPresent()).isEqualTo(code == 429 || code == 503);
    }

    @Test
    void keepsTheConnectionUsableWhenAStatusHasNoBody() throws Exception {
        for (int code : new int[] {204, 205, 304, 200}) {
            assertThat(get("/status/" + code).statusCode()).isEqualTo(code);
        }
        assertThat(seen().get("maxConnections").asInt()).isOne();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 257, 1 << 14, 3_000_000, 64 << 20})
    void answersAsManyBytesAsAskedFor(int count) throws Exception {
        HttpResponse<byte[]> response = get("/bytes/" + count);

        byte[] expected = new byte[count];
        for (int i = 0; i < count; i++) {
            expected[i] = (byte) i;
        }
        assertThat(response.headers().firstValueAsLong("content-length")).hasValue(count);
        assertThat(Arrays.equals(response.body(), expected)).isTrue();
    }

    @Test
    void dripsByteByByteWhenAskedTo() throws Exception {
        List<Integer> readAtOnce = new ArrayList<>();
        long start = System.nanoTime();
        try (Socket socket = send("GET /drip?duration=300ms&numbytes=3&code=206 HTTP/1.1")) {
            assertThat(headers(socket)).startsWith("HTTP/1.1 206").contains("content-length: 3");
            byte[] buffer = new byte[10];
            for (int left = 3; left > 0; left -= readAtOnce.getLast()) {
                readAtOnce.add(socket.getInputStream().read(buffer));
            }
        }
        assertThat(readAtOnce).containsExactly(1, 1, 1);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
    }

    @Test
    void dripsWithoutLossWhenTheTimeIsShort() throws Exception {
        assertThat(get("/drip?duration=0ms&numbytes=10000").body()).hasSize(10_000);
    }

    @Test
    void failsTheFirstTimesPerKeyWhenFlaky() throws Exception {
        assertThat(statuses("/flaky?failures=2&key=a", 4)).containsExactly(503, 503, 200, 200);
        assertThat(statuses("/flaky?failures=1&key=b&status=500", 2)).containsExactly(500, 200);
    }

    @Test
    void failsByChanceWhenFlakyWithARate() throws Exception {
        assertThat(statuses("/flaky?rate=0", 5)).containsOnly(200);
        assertThat(statuses("/flaky?rate=1", 5)).containsOnly(503);
    }

    @Test
    void answersTheFixedDocumentWhenAskedForJson() throws Exception {
        HttpResponse<byte[]> response = get("/json");

        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(new String(response.body(), UTF_8))
                .isEqualTo(Bodies.JSON)
                .contains("12345678901234567", "1.10 ,", "café");
        assertThat(json(response).get("integer").asLong()).isEqualTo(12345678901234567L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"utf-8", "iso-8859-1", "utf-16", "windows-1252"})
    void answersTextInTheCharsetAskedFor(String charset) throws Exception {
        HttpResponse<byte[]> response = get("/text?charset=" + charset);

        assertThat(response.headers().firstValue("content-type")).hasValue("text/plain; charset=" + charset);
        assertThat(new String(response.body(), Charset.forName(charset))).isEqualTo(Bodies.TEXT);
    }

    @ParameterizedTest
    @CsvSource({"nothing, ''", "headers, HTTP/1.1 200 OK", "body, HTTP/1.1 200 OK"})
    void resetsTheConnectionWhereAskedTo(String after, String start) throws Exception {
        try (Socket socket = send("GET /reset?after=" + after + " HTTP/1.1")) {
            StringBuilder received = new StringBuilder();
            assertThatThrownBy(() -> {
                        for (int next = read(socket); next >= 0; next = read(socket)) {
                            received.append((char) next);
                        }
                    })
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
            assertThat(received.toString()).startsWith(start);
            int body = received.indexOf("\r\n\r\n") + 4;
            assertThat(received.length() - body)
                    .isEqualTo(after.equals("body") ? 500 : after.equals("headers") ? 0 : -3);
        }
        assertThat(seen().get("reset").asInt()).isOne();
        assertThat(seen().get("inFlight").asInt()).isZero();
    }

    @Test
    void staysSilentWhenAskedToHang() throws Exception {
        try (Socket socket = send("GET /hang HTTP/1.1")) {
            assertSilent(socket);
        }
        try (Socket socket = send("GET /hang?after=headers HTTP/1.1")) {
            assertThat(headers(socket)).startsWith("HTTP/1.1 200");
            assertSilent(socket);
        }
        try (Socket socket = send("GET /hang?after=body HTTP/1.1")) {
            assertThat(headers(socket)).contains("content-length: 1000");
            assertThat(socket.getInputStream().readNBytes(500)).hasSize(500);
            assertSilent(socket);
        }
    }

    @Test
    void echoesTheRequest() throws Exception {
        HttpRequest request = request("/echo?a=1&a=2&b=%C3%A9")
                .header("X-Tenant", "t")
                .method("PATCH", BodyPublishers.ofString("{\"text\":\"hé\"}"))
                .build();

        JsonNode echo = json(client.send(request, BodyHandlers.ofByteArray()));

        assertThat(echo.get("method").asString()).isEqualTo("PATCH");
        assertThat(echo.get("path").asString()).isEqualTo("/echo");
        assertThat(echo.get("query").toString()).isEqualTo("{\"a\":[\"1\",\"2\"],\"b\":[\"é\"]}");
        assertThat(echo.at("/headers/x-tenant/0").asString()).isEqualTo("t");
        assertThat(echo.get("body").asString()).isEqualTo("{\"text\":\"hé\"}");
        assertThat(echo.has("bodyBase64")).isFalse();
    }

    @Test
    void echoesBytesInBase64WhenTheyAreNoText() throws Exception {
        JsonNode echo = json(post("/echo", new byte[] {(byte) 0xff, 0}));

        assertThat(echo.get("bodyBase64").asString()).isEqualTo("/wA=");
        assertThat(echo.has("body")).isFalse();
    }

    @Test
    void echoesNoMoreThanAMegabyteOfABody() throws Exception {
        JsonNode echo = json(post("/echo", new byte[3_000_000]));

        assertThat(echo.get("body").asString()).hasSize(1 << 20);
        assertThat(echo.get("bodySize").asInt()).isEqualTo(3_000_000);
    }

    @Test
    void endsAtTheDocumentWhenRedirectsAreFollowed() throws Exception {
        List<String> locations = new ArrayList<>();
        String path = "/redirect/3";
        for (HttpResponse<byte[]> response = get(path); response.statusCode() == 302; response = get(path)) {
            path = response.headers().firstValue("location").orElseThrow();
            locations.add(path);
        }
        assertThat(locations).containsExactly("/redirect/2", "/redirect/1", "/json");
    }

    @Test
    void compressesTheDocumentWhenAskedForGzip() throws Exception {
        HttpResponse<byte[]> response = get("/gzip");

        assertThat(response.headers().firstValue("content-encoding")).hasValue("gzip");
        try (InputStream inflated = new GZIPInputStream(new ByteArrayInputStream(response.body()))) {
            assertThat(new String(inflated.readAllBytes(), UTF_8)).isEqualTo(Bodies.JSON);
        }
    }

    @Test
    void inflatesToTheSizeAskedForWhenItIsABomb() throws Exception {
        HttpResponse<byte[]> response = get("/bomb?mb=150");

        assertThat(response.headers().firstValue("content-encoding")).hasValue("gzip");
        assertThat(response.body()).hasSizeLessThan(150 * 1_200);
        try (InputStream inflated = new GZIPInputStream(new ByteArrayInputStream(response.body()))) {
            assertThat(inflated.skip(Long.MAX_VALUE)).isEqualTo(150L << 20);
        }
    }

    @Test
    void sendsNoMoreThanIsReadWhenEndless() throws Exception {
        try (Socket socket = send("GET /endless HTTP/1.1")) {
            assertThat(headers(socket)).startsWith("HTTP/1.1 200").contains("transfer-encoding: chunked");
            assertThat(socket.getInputStream().readNBytes(50_000_000)).hasSize(50_000_000);
            assertThat(seen().get("inFlight").asInt()).isOne();
        }
        awaitSeen("aborted", 1);
    }

    @ParameterizedTest
    @CsvSource({"inventory, stock", "pricing, price", "reviews, rating"})
    void answersTheSameItemWheneverAsked(String service, String field) throws Exception {
        String path = "/items/7?service=" + service;
        JsonNode item = json(get(path));

        assertThat(item.get("id").asString()).isEqualTo("7");
        assertThat(item.has(field)).isTrue();
        assertThat(json(get(path))).isEqualTo(item);
    }

    @ParameterizedTest
    @CsvSource({
        "/delay/abc, ms",
        "/delay/60001, ms",
        "/delay/-1, ms",
        "/delay/PT99999999999999H, ms",
        "/json?delay=2h, delay",
        "/status/100, code",
        "/status/600, code",
        "/bytes/67108865, n",
        "/bytes/-1, n",
        "/drip?duration=61s, duration",
        "/drip?numbytes=0, numbytes",
        "/drip?code=204, code",
        "/flaky?failures=-1, failures",
        "/flaky?key=%20, key",
        "/flaky?rate=NaN, rate",
        "/flaky?status=304, status",
        "/text?charset=us-ascii, charset",
        "/text?charset=%3F, charset",
        "/reset?after=all, after",
        "/hang?after=all, after",
        "/redirect/0, n",
        "/redirect/51, n",
        "/bomb?mb=1025, mb",
        "/items/7?service=nobody, service",
        "/items/%2F, id"
    })
    void refusesAParameterOutsideItsRule(String path, String parameter) throws Exception {
        HttpResponse<byte[]> response = get(path);

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response).get("parameter").asString()).isEqualTo(parameter);
        assertThat(json(response).get("rule").asString()).isNotBlank();
    }

    @Test
    void refusesAUriThatIsEncodedWrongly() throws Exception {
        for (String target : List.of("/delay/%zz", "/json?delay=%zz")) {
            try (Socket socket = send("GET " + target + " HTTP/1.1")) {
                assertThat(headers(socket)).startsWith("HTTP/1.1 400").contains("application/json");
            }
        }
    }

    @Test
    void countsWhatItSawPerPathPattern() throws Exception {
        get("/delay/1");
        get("/delay/2");
        get("/status/500");
        get("/bytes/x");
        get("/nowhere");

        JsonNode seen = seen();
        assertThat(seen.get("started").asInt()).isEqualTo(5);
        assertThat(seen.get("completed").asInt()).isEqualTo(5);
        assertThat(seen.get("maxInFlight").asInt()).isOne();
        assertThat(seen.get("openConnections").asInt()).isOne();
        assertThat(seen.get("paths").propertyNames())
                .containsExactly("/bytes/{n}", "/delay/{ms}", "/status/{code}", "unknown");
        assertThat(seen.get("paths").get("/delay/{ms}").toString())
                .isEqualTo("{\"started\":2,\"completed\":2,\"aborted\":0,\"reset\":0,\"inFlight\":0}");
    }

    @Test
    void countsRequestsInFlightAndConnectionsAtTheirMost() throws Exception {
        List<CompletableFuture<HttpResponse<byte[]>>> responses = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            responses.add(client.sendAsync(request("/delay/300").build(), BodyHandlers.ofByteArray()));
        }
        CompletableFuture.allOf(responses.toArray(CompletableFuture[]::new)).join();

        JsonNode seen = seen();
        assertThat(seen.get("completed").asInt()).isEqualTo(5);
        assertThat(seen.get("inFlight").asInt()).isZero();
        assertThat(seen.get("maxInFlight").asInt()).isEqualTo(5);
        assertThat(seen.get("maxConnections").asInt()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /hang HTTP/1.1",
                "GET /hang?after=headers HTTP/1.1",
                "GET /delay/60000 HTTP/1.1",
                "GET /json?delay=60s HTTP/1.1",
                "GET /drip?duration=60s&numbytes=1000 HTTP/1.1",
                "GET /endless HTTP/1.1",
                "GET /bytes/67108864 HTTP/1.1",
                "POST /hang HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
                "POST /echo HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc"
            })
    void countsARequestAsAbortedWhenTheClientGoesAway(String requestHead) throws Exception {
        try (Socket socket = send(requestHead)) {
            assertThat(socket.isConnected()).isTrue();
            awaitSeen("inFlight", 1);
        }
        awaitSeen("aborted", 1);
        awaitSeen("openConnections", 1);
        assertThat(seen().get("completed").asInt()).isZero();
        assertThat(seen().get("inFlight").asInt()).isZero();
    }

    @Test
    void countsARequestAsAbortedWhenTheClientGoesAwayMidDrip() throws Exception {
        try (Socket socket = send("GET /drip?duration=30s&numbytes=3000 HTTP/1.1")) {
            headers(socket);
            assertThat(socket.getInputStream().readNBytes(3)).hasSize(3);
        }
        awaitSeen("aborted", 1);
        assertThat(seen().get("completed").asInt()).isZero();
    }

    @Test
    void countsAPostOnceWhenTheClientExpectsToContinue() throws Exception {
        HttpRequest request = request("/echo")
                .expectContinue(true)
                .POST(BodyPublishers.ofString("abc"))
                .build();

        assertThat(json(client.send(request, BodyHandlers.ofByteArray()))
                        .get("body")
                        .asString())
                .isEqualTo("abc");
        assertThat(seen().get("completed").asInt()).isOne();
    }

    @Test
    void answersPipelinedRequestsInTheirOrder() throws Exception {
        try (Socket socket = send("GET /delay/50 HTTP/1.1\r\n\r\nGET /status/204 HTTP/1.1")) {
            assertThat(headers(socket)).startsWith("HTTP/1.1 200").contains("content-length: 16");
            assertThat(socket.getInputStream().readNBytes(16)).hasSize(16);
            assertThat(headers(socket)).startsWith("HTTP/1.1 204");
        }
        assertThat(seen().get("completed").asInt()).isEqualTo(2);
    }

    @Test
    void countsAnewButKeepsWhatIsInFlightWhenSeenIsDeleted() throws Exception {
        get("/json");
        try (Socket socket = send("GET /hang HTTP/1.1")) {
            assertThat(socket.isConnected()).isTrue();
            awaitSeen("inFlight", 1);

            client.send(request("/seen").DELETE().build(), BodyHandlers.discarding());

            assertThat(seen().get("started").asInt()).isOne();
            assertThat(seen().get("completed").asInt()).isZero();
            assertThat(seen().get("paths").propertyNames()).containsExactly("/hang");
        }
        awaitSeen("aborted", 1);
    }

    @Test
    void cutsItsConnectionsWhenStoppedAndCanStartAgain() throws Exception {
        try (Socket socket = send("GET /hang HTTP/1.1")) {
            awaitSeen("inFlight", 1);
            simulator.stop();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(simulator.isRunning()).isFalse();
        assertThatThrownBy(simulator::port).isInstanceOf(IllegalStateException.class);

        simulator.start();
        assertThat(get("/json").statusCode()).isEqualTo(200);
    }

    @Test
    void namesThePortWhenItIsTaken() {
        UpstreamSimulator second = new UpstreamSimulator(new DemoProperties(simulator.port()));

        assertThatThrownBy(second::start)
                .isInstanceOf(ChannelBindException.class)
                .hasMessageContaining(":" + simulator.port());
        assertThat(second.isRunning()).isFalse();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + simulator.port() + path))
                .timeout(Duration.ofSeconds(20));
    }

    private HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
        return client.send(request(path).build(), BodyHandlers.ofByteArray());
    }

    private HttpResponse<byte[]> post(String path, byte[] body) throws IOException, InterruptedException {
        return client.send(request(path).POST(BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofByteArray());
    }

    private List<Integer> statuses(String path, int times) throws IOException, InterruptedException {
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            statuses.add(get(path).statusCode());
        }
        return statuses;
    }

    private static JsonNode json(HttpResponse<byte[]> response) {
        return JSON.readTree(response.body());
    }

    private JsonNode seen() throws IOException, InterruptedException {
        return json(get("/seen"));
    }

    private void awaitSeen(String field, int value) {
        await().atMost(Duration.ofSeconds(5))
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(() -> assertThat(seen().get(field).asInt()).isEqualTo(value));
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), simulator.port());
    }

    private Socket send(String requestHead) throws IOException {
        Socket socket = connect();
        socket.setSoTimeout(5_000);
        socket.getOutputStream().write((requestHead + "\r\n\r\n").getBytes(ISO_8859_1));
        return socket;
    }

    private static int read(Socket socket) throws IOException {
        return socket.getInputStream().read();
    }

    /// The head of the answer, with nothing read of its body.
    private static String headers(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) read(socket));
        }
        return head.toString();
    }

    private static void assertSilent(Socket socket) throws IOException {
        socket.setSoTimeout(200);
        assertThatThrownBy(() -> read(socket)).isInstanceOf(SocketTimeoutException.class);
    }
}
