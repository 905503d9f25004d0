package dev.muster.service;

import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/// Makes entries of `muster.services` of what a file would say.
public final class ServiceEntries {

    private ServiceEntries() {}

    /// An entry that says so much.
    ///
    /// @param properties each a name below the entry, `=` and its value
    public static ServiceProperties entry(String... properties) {
        Map<String, String> all = new HashMap<>();
        for (String property : properties) {
            int equals = property.indexOf('=');
            all.put("entry." + property.substring(0, equals), property.substring(equals + 1));
        }
        return new Binder(new MapConfigurationPropertySource(all)).bindOrCreate("entry", ServiceProperties.class);
    }
}
