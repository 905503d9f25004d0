import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs Muster under real traffic while the JVM records, and leaves an AOT cache behind.
///
/// The cache holds what a start and the first batches load and link. It serves only the JVM, the class path and
/// the flags that it was recorded with, so this runs in the image itself, with the flags of its `ENTRYPOINT`.
///
/// Arguments: the file to write the cache to; then the command that starts Muster.
public final class Training {

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /// The profiles of methods stay out. With them the JVM compiles at the start all that was hot here, which costs 0.5 s
    /// on two processors and 20 MB; in return the batches of the first second would take half as long.
    private static final String WITHOUT_PROFILES = "-XX:-AOTRecordTraining";

    private static final int ROUNDS = 100;
    private static final String GATEWAY = "http://127.0.0.1:18080";
    private static final String MANAGEMENT = "http://127.0.0.1:18081";
    private static final int UPSTREAM = 18089;

    private static final List<String> CALLS = List.of(
            "{\"service\": \"a\", \"path\": \"/json\"}",
            "{\"service\": \"a\", \"path\": \"/items/7?service=inventory\", \"headers\": {\"x-tenant\": \"a\"}}",
            "{\"service\": \"a\", \"path\": \"/delay/5\", \"timeout\": \"250ms\"}",
            "{\"service\": \"a\", \"path\": \"/echo\", \"body\": {\"text\": \"hi\"}}",
            "{\"service\": \"a\", \"path\": \"/text\"}",
            "{\"service\": \"a\", \"path\": \"/gzip\"}",
            "{\"service\": \"a\", \"path\": \"/bytes/2000\"}",
            "{\"service\": \"a\", \"path\": \"/status/503\"}",
            "{\"service\": \"a\", \"path\": \"/redirect/1\", \"redirects\": 2}",
            "{\"service\": \"a\", \"path\": \"/reset\"}",
            "\"http://10.0.0.1/\"");

    private static final List<String> STRATEGIES = List.of(
            "\"strategy\": \"gather\"",
            "\"strategy\": \"as-completed\", \"minSuccess\": 2",
            "\"strategy\": \"first-completed\"",
            "\"strategy\": \"wait\", \"returnWhen\": \"first-exception\"");

    private final HttpClient client = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        Path cache = Path.of(arguments[0]);
        List<String> muster = List.of(arguments).subList(1, arguments.length);
        Process upstream = start(
                List.of(),
                muster,
                List.of("--spring.profiles.active=demo", "--server.port=0", "--management.server.port=0"));
        try {
            Process trainee = start(
                    List.of("-XX:AOTCacheOutput=" + cache, WITHOUT_PROFILES),
                    muster,
                    List.of("--server.port=18080", "--management.server.port=18081"));
            try {
                new Training().drive(trainee);
                // SIGTERM: the stop is part of what is recorded, and the JVM writes the cache on its
                // way out.
                trainee.destroy();
                if (!trainee.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    throw new IllegalStateException("Muster did not stop");
                }
            } finally {
                trainee.destroyForcibly();
            }
        } finally {
            upstream.destroyForcibly();
        }
        if (!Files.isRegularFile(cache)) {
            throw new IllegalStateException("the JVM wrote no cache");
        }
        System.out.println("AOT cache: " + (Files.size(cache) >> 20) + " MB");
    }

    private static Process start(List<String> flags, List<String> muster, List<String> options) throws IOException {
        List<String> command = new ArrayList<>(muster);
        command.addAll(command.indexOf("-jar"), flags);
        command.addAll(options);
        ProcessBuilder process = new ProcessBuilder(command).inheritIO();
        process.environment().put("MUSTER_DEMO_PORT", Integer.toString(UPSTREAM));
        process.environment().put("MUSTER_SERVICES_A_BASEURL", "http://127.0.0.1:" + UPSTREAM);
        return process.start();
    }

    private void drive(Process trainee) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isReady()) {
            if (!trainee.isAlive() || System.nanoTime() > deadline) {
                throw new IllegalStateException("Muster did not become ready");
            }
            Thread.sleep(50);
        }
        int answered = 0;
        for (int round = 0; round < ROUNDS; round++) {
            for (String strategy : STRATEGIES) {
                String batch = "{" + strategy + ", \"requests\": [" + String.join(",", CALLS) + "]}";
                for (String accept : List.of("application/json", "text/event-stream", "application/x-ndjson")) {
                    answered += post(batch, accept) == 200 ? 1 : 0;
                }
            }
            post("{\"requests\": [{\"url\": 7}]}", "application/json");
            get(MANAGEMENT + "/actuator/health/liveness");
            get(MANAGEMENT + "/actuator/prometheus");
        }
        System.out.println(answered + " batches answered with 200");
        if (answered < ROUNDS) {
            throw new IllegalStateException("the upstream was not there: the cache would not know a call");
        }
    }

    private boolean isReady() throws InterruptedException {
        try {
            return get(MANAGEMENT + "/actuator/health/readiness") == 200;
        } catch (IOException notListening) {
            return false;
        }
    }

    private int get(String url) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create(url)).timeout(PATIENCE).build(), BodyHandlers.discarding())
                .statusCode();
    }

    private int post(String batch, String accept) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(GATEWAY + "/batches"))
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("Accept", accept)
                .POST(HttpRequest.BodyPublishers.ofString(batch))
                .build();
        return client.send(request, BodyHandlers.ofString()).statusCode();
    }
}
