package dev.muster.lifecycle;

import java.util.List;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;

/// Refuses a start with a wrong configuration before there is a bean, and names all of its faults at once.
final class ConfigurationCheck implements ApplicationContextInitializer<ConfigurableApplicationContext> {

    @Override
    public void initialize(ConfigurableApplicationContext context) {
        List<ConfigurationFault> faults = faults(context.getEnvironment());
        if (!faults.isEmpty()) {
            throw new InvalidConfigurationException(faults);
        }
    }

    static List<ConfigurationFault> faults(ConfigurableEnvironment environment) {
        var faults = new ConfigurationFaults(ConfigurationPropertySources.get(environment));
        var configuration = BoundConfiguration.of(environment, faults);
        ConfigurationRules.ALL.forEach(rule -> rule.check(configuration, faults));
        return faults.all();
    }
}
