package dev.muster.acceptance;

import dev.muster.MusterApplication;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/// A Muster that a test starts with settings of its own, on any port of loopback.
record StartedMuster(ConfigurableApplicationContext context) implements AutoCloseable {

    /// @param properties as on the command line, without the dashes
    static StartedMuster with(List<String> properties) {
        return onPortsOf(Stream.concat(Stream.of("server.port=0", "management.server.port=0"), properties.stream())
                .toList());
    }

    /// @param properties as above, with the ports among them
    static StartedMuster onPortsOf(List<String> properties) {
        var application = new SpringApplication(MusterApplication.class);
        String[] arguments =
                properties.stream().distinct().map(property -> "--" + property).toArray(String[]::new);
        return new StartedMuster(application.run(arguments));
    }

    static StartedMuster with(String... properties) {
        return with(List.of(properties));
    }

    int port() {
        return port("local.server.port");
    }

    int managementPort() {
        return port("local.management.port");
    }

    MusterClient client() {
        return new MusterClient(port());
    }

    private int port(String property) {
        return Integer.parseInt(Objects.requireNonNull(context.getEnvironment().getProperty(property)));
    }

    @Override
    public void close() {
        context.close();
    }
}
