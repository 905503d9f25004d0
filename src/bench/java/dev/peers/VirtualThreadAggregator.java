package dev.peers;

import dev.peers.Batch.Answer;
import dev.peers.Batch.Call;
import dev.peers.Batch.Result;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.http.converter.autoconfigure.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/// Spring MVC on virtual threads: one virtual thread a call, the JDK's HTTP client over HTTP/1.1 with its keep-alive
/// pool. No policy, no deadline, no limit, no metrics.
@SpringBootConfiguration
@ImportAutoConfiguration({
    DispatcherServletAutoConfiguration.class,
    HttpMessageConvertersAutoConfiguration.class,
    JacksonAutoConfiguration.class,
    TomcatServletWebServerAutoConfiguration.class,
    WebMvcAutoConfiguration.class
})
@Import(VirtualThreadAggregator.Batches.class)
public class VirtualThreadAggregator {

    static void main(String[] arguments) {
        var application = new SpringApplication(VirtualThreadAggregator.class);
        application.setWebApplicationType(WebApplicationType.SERVLET);
        application.run(arguments);
    }

    @RestController
    static class Batches {

        private final String upstream;
        private final JsonMapper json;
        private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        private final HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .executor(threads)
                .build();

        Batches(@Value("${upstream}") String upstream, JsonMapper json) {
            this.upstream = upstream;
            this.json = json;
        }

        @PostMapping("/batches")
        Answer aggregate(@RequestBody Batch batch) throws InterruptedException, ExecutionException {
            List<Future<Result>> started = new ArrayList<>(batch.requests().size());
            for (Call call : batch.requests()) {
                started.add(threads.submit(() -> call(call)));
            }
            List<Result> results = new ArrayList<>(started.size());
            for (Future<Result> result : started) {
                results.add(result.get());
            }
            return new Answer(results);
        }

        private Result call(Call call) throws IOException, InterruptedException {
            var response = client.send(
                    HttpRequest.newBuilder(URI.create(upstream + call.path())).build(), BodyHandlers.ofByteArray());
            return new Result(response.statusCode(), json.readTree(response.body()));
        }
    }
}
