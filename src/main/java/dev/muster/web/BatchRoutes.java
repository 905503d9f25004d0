package dev.muster.web;

import static org.springframework.web.reactive.function.server.RequestPredicates.path;

import dev.muster.admission.CallersProperties;
import dev.muster.auth.CallerAuthentication;
import dev.muster.auth.Permissions;
import dev.muster.detached.DetachedBatches;
import dev.muster.fanout.Fanout;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.BatchProperties;
import dev.muster.plan.DetachedProperties;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Planner;
import dev.muster.plan.PropagationProperties;
import dev.muster.plan.ResponseProperties;
import dev.muster.request.BatchReader;
import dev.muster.server.ClientProperties;
import dev.muster.service.ServiceCatalogue;
import dev.muster.views.ViewCatalogue;
import dev.muster.views.ViewsProperties;
import io.micrometer.observation.ObservationRegistry;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.MethodNotAllowedException;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// The routes of the HTTP contract.
@Configuration(proxyBeanMethods = false)
class BatchRoutes {

    private static final String BATCHES = "/batches";
    private static final String BATCH = BATCHES + "/{id}";
    private static final String RESULTS = BATCH + "/results";
    private static final String VIEWS = "/views";
    private static final String VIEW = VIEWS + "/{name}";
    private static final Set<HttpMethod> OF_VIEWS = new LinkedHashSet<>(List.of(HttpMethod.GET, HttpMethod.OPTIONS));
    private static final Set<HttpMethod> OF_VIEW =
            new LinkedHashSet<>(List.of(HttpMethod.GET, HttpMethod.POST, HttpMethod.OPTIONS));

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
    BatchSettings batchSettings(
            BatchProperties batches,
            ResponseProperties responses,
            PropagationProperties propagation,
            ClientProperties clients,
            DetachedProperties detached) {
        return new BatchSettings(batches, responses, propagation, clients, detached);
    }

    @Bean
    BatchHandler batchHandler(
            BatchSettings settings,
            ServiceCatalogue services,
            Planner planner,
            Fanout fanout,
            DetachedBatches detached,
            Permissions permissions,
            NanoClock clock,
            @Qualifier("readers") Scheduler readers) {
        var ids = new BatchIds(InstantSource.system());
        var workers = new BatchHandler.Workers(readers, Schedulers.parallel());
        var kept = new DetachedHandler(detached, planner, fanout, settings, ids, workers.writers());
        var reader = new PermittedReader(reader(settings, services), permissions);
        return new BatchHandler(reader, planner, fanout, settings, ids, clock, kept, workers);
    }

    private static BatchReader reader(BatchSettings settings, ServiceCatalogue services) {
        return new BatchReader(settings.batches().maxRequests(), services.callableNames());
    }

    @Bean
    RouterFunction<ServerResponse> batches(BatchHandler handler) {
        return RouterFunctions.route()
                .POST(BATCHES, handler::post)
                .PUT(BATCHES, BatchHandler::isOfLines, handler::post)
                .GET(BATCH, handler.detached()::get)
                .DELETE(BATCH, handler.detached()::delete)
                .GET(RESULTS, handler.detached()::results)
                .add(others(BATCHES, HttpMethod.POST))
                .add(others(BATCH, HttpMethod.GET, HttpMethod.DELETE))
                .add(others(RESULTS, HttpMethod.GET))
                .build();
    }

    /// What methods there are at `path` besides its own.
    private static RouterFunction<ServerResponse> others(String path, HttpMethod... own) {
        Set<HttpMethod> methods = new LinkedHashSet<>(List.of(own));
        methods.add(HttpMethod.OPTIONS);
        return RouterFunctions.route()
                .OPTIONS(path, _ -> ServerResponse.noContent().allow(methods).build())
                .route(path(path), request -> Mono.error(new MethodNotAllowedException(request.method(), methods)))
                .build();
    }

    @Bean
    ViewCatalogue viewCatalogue(ViewsProperties properties, BatchSettings settings, ServiceCatalogue services) {
        return new ViewCatalogue(properties.views(), reader(settings, services));
    }

    @Bean
    RouterFunction<ServerResponse> views(ViewCatalogue views, BatchHandler batches, Permissions permissions) {
        var handler = new ViewHandler(views, batches, permissions);
        return RouterFunctions.route()
                .GET(VIEWS, handler::list)
                .OPTIONS(VIEWS, _ -> ServerResponse.noContent().allow(OF_VIEWS).build())
                .route(path(VIEWS), request -> Mono.error(new MethodNotAllowedException(request.method(), OF_VIEWS)))
                .GET(VIEW, handler::run)
                .POST(VIEW, handler::run)
                .OPTIONS(VIEW, _ -> ServerResponse.noContent().allow(OF_VIEW).build())
                .route(path(VIEW), request -> Mono.error(new MethodNotAllowedException(request.method(), OF_VIEW)))
                .build();
    }

    /// Makes entrances to other fanouts, by which requests take the way that they take by the real one. But whoever
    /// comes by them counts as a caller, meters and traces hear of nothing, and they lead to batches only.
    @Bean(defaultCandidate = false)
    @Qualifier("entrances")
    BiFunction<ServiceCatalogue, Fanout, HttpHandler> entrances(
            ApplicationContext context,
            BatchSettings settings,
            ObjectProvider<CallerAuthentication> authentication,
            DetachedBatches detached,
            NanoClock clock,
            @Qualifier("readers") Scheduler readers) {
        Authentication caller = caller(authentication.getIfAvailable());
        return (services, fanout) -> {
            WebHandler batches = RouterFunctions.toWebHandler(batches(batchHandler(
                    settings,
                    services,
                    planner(settings, services),
                    fanout,
                    detached,
                    new Permissions(new CallersProperties(Map.of()), services),
                    clock,
                    readers)));
            return WebHttpHandlerBuilder.applicationContext(context)
                    .observationRegistry(ObservationRegistry.NOOP)
                    .filters(filters -> {
                        filters.addFirst((exchange, chain) -> chain.filter(exchange)
                                .contextWrite(ReactiveSecurityContextHolder.withAuthentication(caller)));
                        filters.addLast((exchange, _) -> batches.handle(exchange));
                    })
                    .build();
        };
    }

    private static Planner planner(BatchSettings settings, ServiceCatalogue services) {
        return new Planner(settings.batches(), settings.responses(), settings.propagation(), services);
    }

    private static Authentication caller(@Nullable CallerAuthentication authentication) {
        String authority = authentication == null ? null : authentication.authority();
        return UsernamePasswordAuthenticationToken.authenticated(
                BatchPlan.ANONYMOUS, "", authority == null ? List.of() : AuthorityUtils.createAuthorityList(authority));
    }
}
