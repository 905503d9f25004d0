package dev.muster.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class MusterServicesPropertiesTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner().withUserConfiguration(Bound.class);

    @Test
    void bindsNothingWhenNothingIsConfigured() {
        runner.run(context -> assertThat(
                        context.getBean(MusterServicesProperties.class).services())
                .isEmpty());
    }

    @Test
    void bindsAnEntryAndLeavesOutWhatItLeavesOut() {
        runner.withPropertyValues(
                        "muster.services.pricing.base-url=http://pricing:8080",
                        "muster.services.pricing.hosts=pricing,*.pricing.svc",
                        "muster.services.pricing.timeout=50ms",
                        "muster.services.pricing.protocol=h2c")
                .run(context -> assertThat(
                                context.getBean(MusterServicesProperties.class).services())
                        .containsExactly(Map.entry(
                                "pricing",
                                new ServiceProperties(
                                        new LocationProperties(
                                                URI.create("http://pricing:8080"),
                                                null,
                                                List.of("pricing", "*.pricing.svc"),
                                                null),
                                        new CallProperties(Duration.ofMillis(50), null, null, null, null),
                                        new ConnectionProperties(Protocol.H2C, null, null),
                                        new PoolProperties(null, null, null, null, null),
                                        new HostProperties(null, null),
                                        new ResilienceProperties(null, null, null, null, null),
                                        new ReuseProperties(null, null)))));
    }

    @ParameterizedTest
    @CsvSource({
        "timeout,         0ms",
        "connect-timeout, 0ms",
        "redirects,       6",
        "redirects,       -1",
        "max-connections, 0",
        "max-pending,     0",
        "max-idle-time,   0ms",
        "max-life-time,   -1s",
        "max-streams,     0",
        "protocol,        h3",
        "timeout,         soon"
    })
    void refusesToStartAndNamesThePropertyWhenAValueIsInvalid(String property, String value) {
        runner.withPropertyValues("muster.services.pricing.%s=%s".formatted(property, value))
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining("muster")
                        .hasStackTraceContaining("pricing")
                        .satisfies(failure -> assertThat(stackTrace(failure).replace("-", ""))
                                .containsIgnoringCase(property.replace("-", ""))));
    }

    private static String stackTrace(Throwable failure) {
        var text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    @EnableConfigurationProperties(MusterServicesProperties.class)
    private static final class Bound {}
}
