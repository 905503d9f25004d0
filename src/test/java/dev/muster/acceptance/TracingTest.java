package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestPropertySource;

/// Traces, switched on.
@TestPropertySource(
        properties = {
            "management.tracing.export.enabled=true",
            "management.tracing.sampling.probability=1.0",
            "management.opentelemetry.tracing.export.schedule-delay=20ms",
        })
@Import(TracingTest.Export.class)
class TracingTest extends RunningMuster {

    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    static final String TRACEPARENT = "00-" + TRACE + "-b7ad6b7169203331-01";

    @Autowired
    private Spans spans;

    @LocalManagementPort
    private int managementPort;

    @TestConfiguration
    static class Export {

        @Bean
        Spans spans() {
            return new Spans();
        }
    }

    @Test
    void batchAndItsCallsAreSpansOfTheCallersTrace() {
        muster.post(
                Batch.gather(
                        Call.up("good", "/ok?traced"),
                        Call.to("faulty", "/status/503").with("id", "bad")),
                Media.JSON,
                "traceparent",
                TRACEPARENT);

        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(spans.ofTrace(TRACE)).hasSize(4));
        SpanData server = spans.named(TRACE, "http post /batches");
        SpanData batch = spans.named(TRACE, "muster batch");
        SpanData good = spans.ofCall(TRACE, "good");
        SpanData bad = spans.ofCall(TRACE, "bad");

        assertThat(batch.getParentSpanId()).isEqualTo(server.getSpanId());
        assertThat(good.getParentSpanId()).isEqualTo(batch.getSpanId());
        assertThat(bad.getParentSpanId()).isEqualTo(batch.getSpanId());
        assertThat(attribute(batch, "muster.batch.outcome")).isEqualTo("partial");
        assertThat(good.getEvents()).extracting(EventData::getName).containsExactly("attempt");
        assertThat(good.getStatus()).isEqualTo(StatusData.unset());
        assertThat(attribute(bad, "error.type")).isEqualTo("http-status");
        assertThat(bad.getStatus().getStatusCode().name()).isEqualTo("ERROR");
        assertThat(upstream.onlyExchange("/ok?traced").header("traceparent"))
                .containsExactly("00-" + TRACE + "-" + good.getSpanId() + "-01");
    }

    @Test
    void histogramsHaveExemplars() {
        var other = TRACE.replace("0af", "1af");
        muster.post(Batch.gather(Call.up("a", "/ok")), Media.JSON, "traceparent", TRACEPARENT.replace(TRACE, other));

        var management = new Management(managementPort);
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(management
                                .get("prometheus", "application/openmetrics-text;version=1.0.0")
                                .body())
                        .containsPattern(
                                "muster_call_duration_seconds_bucket\\{.*service=\"up\".*} .* # \\{.*trace_id=\""
                                        + other));
    }

    private static String attribute(SpanData span, String name) {
        return String.valueOf(span.getAttributes().get(AttributeKey.stringKey(name)));
    }

    /// Keeps what is exported.
    static final class Spans implements SpanExporter {

        private final Queue<SpanData> exported = new ConcurrentLinkedQueue<>();

        List<SpanData> ofTrace(String trace) {
            return exported.stream()
                    .filter(span -> span.getTraceId().equals(trace))
                    .toList();
        }

        SpanData named(String trace, String name) {
            return ofTrace(trace).stream()
                    .filter(span -> span.getName().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no span " + name + " in " + ofTrace(trace)));
        }

        SpanData ofCall(String trace, String id) {
            return ofTrace(trace).stream()
                    .filter(span -> attribute(span, "muster.call.id").equals(id))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no call " + id + " in " + ofTrace(trace)));
        }

        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            exported.addAll(spans);
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }
}
