package dev.muster.lifecycle;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;

/// Collects what is wrong, each fault with the value and the origin of its property.
final class ConfigurationFaults {

    private static final int LONGEST_VALUE = 120;
    private static final Pattern SECRET_NAME = Pattern.compile(
            "password|passphrase|secret|token|credential|api-?key|private-?key", Pattern.CASE_INSENSITIVE);
    /// User information in a URL, and key material.
    private static final Pattern SECRET_VALUE = Pattern.compile("://[^/]*@|-----BEGIN");

    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}+");

    private final Iterable<ConfigurationPropertySource> sources;
    private final Set<ConfigurationFault> found = new LinkedHashSet<>();

    ConfigurationFaults(Iterable<ConfigurationPropertySource> sources) {
        this.sources = sources;
    }

    /// @param property the name of a property, of one of its elements or of a section; of a property, the fault tells
    ///                 the value, unless that may be a secret
    /// @param rule     what would be right; it does not repeat what may be a secret
    void add(String property, String rule) {
        ConfigurationProperty configured = find(property);
        if (configured == null) {
            found.add(new ConfigurationFault(property, null, rule, null));
        } else {
            found.add(new ConfigurationFault(
                    property, shown(property, configured.getValue()), rule, originOf(configured)));
        }
    }

    /// @param name   as it was given
    /// @param origin where
    void addUnknown(String name, String rule, @Nullable String origin) {
        found.add(new ConfigurationFault(name, null, rule, origin));
    }

    List<ConfigurationFault> all() {
        return new ArrayList<>(found);
    }

    private @Nullable ConfigurationProperty find(String property) {
        if (!ConfigurationPropertyName.isValid(property)) {
            return null;
        }
        var name = ConfigurationPropertyName.of(property);
        for (ConfigurationPropertySource source : sources) {
            ConfigurationProperty configured = source.getConfigurationProperty(name);
            if (configured != null) {
                return configured;
            }
        }
        return null;
    }

    private static @Nullable String shown(String property, Object value) {
        String text = String.valueOf(value);
        if (SECRET_NAME.matcher(property).find() || SECRET_VALUE.matcher(text).find()) {
            return null;
        }
        String line = CONTROL.matcher(text).replaceAll(" ");
        return line.length() > LONGEST_VALUE ? line.substring(0, LONGEST_VALUE) + "…" : line;
    }

    static @Nullable String originOf(ConfigurationProperty configured) {
        return configured.getOrigin() == null ? null : configured.getOrigin().toString();
    }
}
