package dev.muster;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/// Starts Muster.
@SpringBootApplication
@ConfigurationPropertiesScan
public class MusterApplication {

    public static void main(String[] args) {
        Runtime runtime = Runtime.getRuntime();
        ContainerLimits.apply(runtime.availableProcessors(), runtime.maxMemory());
        SpringApplication.run(MusterApplication.class, args);
    }
}
