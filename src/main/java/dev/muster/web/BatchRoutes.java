package dev.muster.web;

import static org.springframework.web.reactive.function.server.RequestPredicates.path;

import dev.muster.fanout.Fanout;
import dev.muster.plan.GatewayProperties;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Planner;
import dev.muster.request.BatchReader;
import dev.muster.service.ServiceCatalogue;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.MethodNotAllowedException;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// The routes of the HTTP contract.
@Configuration(proxyBeanMethods = false)
class BatchRoutes {

    private static final String BATCHES = "/batches";
    private static final Set<HttpMethod> METHODS = new LinkedHashSet<>(List.of(HttpMethod.POST, HttpMethod.OPTIONS));

    @Bean
    AnswerEnd answerEnd() {
        return new AnswerEnd();
    }

    /// Where large documents are read.
    @Bean(destroyMethod = "dispose", defaultCandidate = false)
    @Qualifier("readers")
    Scheduler readers() {
        return Schedulers.newParallel("muster-reader", Runtime.getRuntime().availableProcessors(), true);
    }

    @Bean
    RouterFunction<ServerResponse> batches(
            GatewayProperties gateway,
            ServiceCatalogue services,
            Planner planner,
            Fanout fanout,
            NanoClock clock,
            @Qualifier("readers") Scheduler readers) {
        var handler = new BatchHandler(
                new BatchReader(gateway.maxRequests(), services.callableNames()),
                planner,
                fanout,
                gateway,
                new BatchIds(InstantSource.system()),
                clock,
                readers,
                Schedulers.parallel());
        return RouterFunctions.route()
                .POST(BATCHES, handler::post)
                .OPTIONS(BATCHES, _ -> ServerResponse.noContent().allow(METHODS).build())
                .route(path(BATCHES), request -> Mono.error(new MethodNotAllowedException(request.method(), METHODS)))
                .build();
    }
}
