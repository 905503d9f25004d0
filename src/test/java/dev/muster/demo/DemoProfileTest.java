package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.ConfigDataApplicationContextInitializer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

class DemoProfileTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withInitializer(new ConfigDataApplicationContextInitializer())
            .withUserConfiguration(Simulator.class);

    @Test
    void runsNoSimulatorWhenTheProfileIsOff() {
        runner.run(context -> assertThat(context).doesNotHaveBean(UpstreamSimulator.class));
    }

    @Test
    void runsTheSimulatorBeforeTheWebServerWhenTheProfileIsOn() {
        runner.withPropertyValues("spring.profiles.active=demo", "muster.demo.port=0")
                .run(context -> {
                    UpstreamSimulator simulator = context.getBean(UpstreamSimulator.class);
                    assertThat(simulator.isRunning()).isTrue();
                    assertThat(simulator.port()).isPositive();
                    assertThat(simulator.getPhase()).isLessThan(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE);
                });
    }

    @Test
    void pointsEveryServiceAtTheSimulatorsPort() {
        runner.withPropertyValues("spring.profiles.active=demo", "muster.demo.port=0")
                .run(context -> {
                    Environment environment = context.getEnvironment();
                    for (String service : new String[] {"a", "b", "c", "d"}) {
                        assertThat(environment.getProperty("muster.services." + service + ".base-url"))
                                .isEqualTo("http://127.0.0.1:0");
                    }
                    assertThat(environment.getProperty("server.address")).isEqualTo("127.0.0.1");
                });
    }

    @Test
    void refusesToStartWhenThePortIsNone() {
        runner.withPropertyValues("spring.profiles.active=demo", "muster.demo.port=65536")
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining("muster.demo")
                        .hasStackTraceContaining("65535"));
    }

    // Not found by a scan of other tests' contexts, as a configuration class would be.
    @EnableConfigurationProperties(DemoProperties.class)
    @Import(UpstreamSimulator.class)
    private static final class Simulator {}
}
