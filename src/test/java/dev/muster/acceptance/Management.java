package dev.muster.acceptance;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hawkular.agent.prometheus.text.TextPrometheusMetricsProcessor;
import org.hawkular.agent.prometheus.types.Counter;
import org.hawkular.agent.prometheus.types.Gauge;
import org.hawkular.agent.prometheus.types.Histogram;
import org.hawkular.agent.prometheus.types.Metric;
import org.hawkular.agent.prometheus.types.MetricFamily;
import org.hawkular.agent.prometheus.types.Summary;
import org.hawkular.agent.prometheus.walkers.CollectorPrometheusMetricsWalker;

/// The management port as its clients see it.
public record Management(int port) {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    public HttpResponse<String> get(String path, String accept) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/" + path))
                .timeout(PATIENCE)
                .header("Accept", accept)
                .build();
        try {
            return HTTP.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for Muster", e);
        }
    }

    /// What a scrape yields, read by a parser that is not Muster's, by the families' names.
    Map<String, MetricFamily> scrape() {
        var text = get("prometheus", "text/plain;version=0.0.4").body();
        var families = new CollectorPrometheusMetricsWalker();
        new TextPrometheusMetricsProcessor(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), families)
                .walk();
        var byName = new LinkedHashMap<String, MetricFamily>();
        families.getAllMetricFamilies().forEach(family -> byName.put(family.getName(), family));
        return byName;
    }

    /// The sum of all series of a family that have these labels, names and values in turn: of a histogram, how many
    /// observations there are.
    public double value(String family, String... labels) {
        var found = scrape().get(family);
        return found == null
                ? 0
                : found.getMetrics().stream()
                        .filter(metric -> hasLabels(metric, List.of(labels)))
                        .mapToDouble(Management::value)
                        .sum();
    }

    private static boolean hasLabels(Metric metric, List<String> labels) {
        for (int i = 0; i < labels.size(); i += 2) {
            if (!labels.get(i + 1).equals(metric.getLabels().get(labels.get(i)))) {
                return false;
            }
        }
        return true;
    }

    private static double value(Metric metric) {
        return switch (metric) {
            case Counter counter -> counter.getValue();
            case Gauge gauge -> gauge.getValue();
            case Histogram histogram -> histogram.getSampleCount();
            case Summary summary -> summary.getSampleCount();
            default -> throw new IllegalArgumentException("no value in " + metric);
        };
    }
}
