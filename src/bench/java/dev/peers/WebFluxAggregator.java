package dev.peers;

import dev.peers.Batch.Answer;
import dev.peers.Batch.Call;
import dev.peers.Batch.Result;
import java.util.Objects;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.http.codec.autoconfigure.CodecsAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.reactor.autoconfigure.ReactorAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/// What a Spring team writes first: `flatMapSequential` over a default `WebClient`, then `collectList`. No policy, no
/// deadline, no limit, no metrics.
@SpringBootConfiguration
@ImportAutoConfiguration({
    CodecsAutoConfiguration.class,
    HttpHandlerAutoConfiguration.class,
    JacksonAutoConfiguration.class,
    NettyReactiveWebServerAutoConfiguration.class,
    ReactorAutoConfiguration.class,
    WebFluxAutoConfiguration.class
})
@Import(WebFluxAggregator.Batches.class)
public class WebFluxAggregator {

    static void main(String[] arguments) {
        var application = new SpringApplication(WebFluxAggregator.class);
        application.setWebApplicationType(WebApplicationType.REACTIVE);
        application.run(arguments);
    }

    @RestController
    static class Batches {

        private final WebClient upstream;

        Batches(@Value("${upstream}") String upstream) {
            this.upstream = WebClient.create(upstream);
        }

        @PostMapping("/batches")
        Mono<Answer> aggregate(@RequestBody Batch batch) {
            return Flux.fromIterable(batch.requests())
                    .flatMapSequential(this::call)
                    .collectList()
                    .map(Answer::new);
        }

        private Mono<Result> call(Call call) {
            return upstream.get()
                    .uri(call.path())
                    .retrieve()
                    .toEntity(JsonNode.class)
                    .map(response ->
                            new Result(response.getStatusCode().value(), Objects.requireNonNull(response.getBody())));
        }
    }
}
