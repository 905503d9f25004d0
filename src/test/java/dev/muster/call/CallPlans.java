package dev.muster.call;

import dev.muster.plan.Budget;
import dev.muster.plan.CallPlan;
import dev.muster.plan.CallRules;
import dev.muster.plan.Destination;
import dev.muster.plan.Layer;
import dev.muster.request.RequestBody;
import dev.muster.request.RequestMessage;
import dev.muster.request.SuccessStatuses;
import dev.muster.service.Service;
import dev.muster.service.ServiceCatalogue;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Builds the plan of a call, with defaults for whatever a test is not about.
public final class CallPlans {

    private final String url;
    private String id = "0";
    private int index;
    private Service service = new ServiceCatalogue(Map.of()).named(ServiceCatalogue.DEFAULT);
    private String method = "GET";
    private final Map<String, List<String>> headers = new LinkedHashMap<>();
    private @Nullable RequestBody body;
    private Duration budget = Duration.ofSeconds(30);
    private Layer layer = Layer.SERVICE;
    private boolean required;
    private SuccessStatuses success = SuccessStatuses.DEFAULT;
    private int redirects;
    private @Nullable String path;

    private CallPlans(String url) {
        this.url = url;
    }

    public static CallPlans to(String url) {
        return new CallPlans(url);
    }

    /// A call that is not going to be made, for tests of what comes after it.
    public static CallPlans at(int index) {
        return to("http://upstream.test/" + index).index(index);
    }

    public CallPlans index(int index) {
        this.index = index;
        this.id = "c" + index;
        return this;
    }

    public CallPlans service(Service service) {
        this.service = service;
        return this;
    }

    /// Called by the name of its service and this.
    public CallPlans path(String path) {
        this.path = path;
        return this;
    }

    public CallPlans method(String method) {
        this.method = method;
        return this;
    }

    public CallPlans header(String name, String... values) {
        headers.computeIfAbsent(name, _ -> new ArrayList<>()).addAll(List.of(values));
        return this;
    }

    public CallPlans body(byte[] bytes, String contentType) {
        this.body = new RequestBody(bytes, contentType);
        return this;
    }

    public CallPlans budget(Duration budget, Layer layer) {
        this.budget = budget;
        this.layer = layer;
        return this;
    }

    public CallPlans required() {
        this.required = true;
        return this;
    }

    public CallPlans success(String... words) {
        this.success = SuccessStatuses.of(List.of(words));
        return this;
    }

    public CallPlans redirects(int most) {
        this.redirects = most;
        return this;
    }

    public CallPlan build() {
        return new CallPlan(
                id,
                index,
                service,
                new Destination(url, URI.create(url), path),
                new RequestMessage(method, headers, body),
                new Budget(budget, layer),
                new CallRules(required, success, redirects, Set.of(), null),
                null);
    }
}
