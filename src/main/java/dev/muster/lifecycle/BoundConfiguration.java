package dev.muster.lifecycle;

import jakarta.validation.ConstraintViolation;
import jakarta.validation.Path;
import jakarta.validation.Validation;
import jakarta.validation.Validator;
import jakarta.validation.constraints.AssertTrue;
import java.lang.reflect.RecordComponent;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.ResolvableType;
import org.springframework.core.convert.ConversionFailedException;
import org.springframework.core.convert.ConverterNotFoundException;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.unit.DataSize;

/// What is configured, bound to its types without the values that cannot be.
final class BoundConfiguration {

    /// What arithmetic with nanoseconds can bear, and nobody needs.
    private static final Duration LONGEST = Duration.ofDays(365);

    private static final Pattern KEY = Pattern.compile("\\[([a-z0-9-]*[a-z-][a-z0-9-]*)]");
    private static final Pattern CONTAINER = Pattern.compile("(\\[\\d+])?\\.?<[^>]*>(\\[\\d+])?");

    private final ConfigurableEnvironment environment;
    private final List<ConfigurationPropertySource> sources;
    private final List<ConfiguredNames.Configured> configured;
    private final ConfigurationFaults faults;
    private final Map<Class<?>, Object> bound = new HashMap<>();

    private BoundConfiguration(ConfigurableEnvironment environment, ConfigurationFaults faults, PropertyTree tree) {
        this.environment = environment;
        this.sources = StreamSupport.stream(
                        ConfigurationPropertySources.get(environment).spliterator(), false)
                .toList();
        this.faults = faults;
        this.configured = ConfiguredNames.in(sources, tree, faults);
    }

    /// Binds all there is. Names that there are not, and values that are not what they have to be, are faults.
    static BoundConfiguration of(ConfigurableEnvironment environment, ConfigurationFaults faults) {
        var configuration = new BoundConfiguration(environment, faults, ConfigurationTypes.tree());
        for (Class<?> type : ConfigurationTypes.ALL) {
            configuration.bind(type);
        }
        configuration.checkRanges();
        configuration.validate();
        return configuration;
    }

    /// What is bound to `type`, one of [ConfigurationTypes].
    <T> T get(Class<T> type) {
        return type.cast(Objects.requireNonNull(bound.get(type)));
    }

    /// One property of Spring Boot's, or `null` if it is not set; one that cannot be read is a fault.
    <T> @Nullable T value(String property, Class<T> type) {
        try {
            return binder(_ -> true).bind(property, type).orElse(null);
        } catch (BindException unreadable) {
            faults.add(property, ruleOf(unreadable, type));
            return null;
        }
    }

    /// Properties of Spring Boot's; what cannot be read is a fault.
    <T> @Nullable T section(String prefix, Class<T> type) {
        try {
            return binder(_ -> true).bindOrCreate(prefix, type);
        } catch (BindException unreadable) {
            faults.add(unreadable.getName().toString(), ruleOf(unreadable, Object.class));
            return null;
        }
    }

    boolean hasProfile(String profile) {
        return Arrays.asList(environment.getActiveProfiles()).contains(profile);
    }

    private void bind(Class<?> type) {
        String prefix = ConfigurationTypes.prefix(type);
        try {
            bound.put(type, bind(prefix, type, _ -> true));
        } catch (BindException _) {
            bound.put(type, bindWithoutFaults(prefix, type));
        }
    }

    /// Tries each property by itself: whatever is bound stops at its first fault.
    private Object bindWithoutFaults(String prefix, Class<?> type) {
        var root = ConfigurationPropertyName.of(prefix);
        List<ConfiguredNames.Configured> wrong = new ArrayList<>();
        for (ConfiguredNames.Configured property : configured) {
            if (root.isAncestorOf(property.name())) {
                try {
                    bind(prefix, type, property::covers);
                } catch (BindException unreadable) {
                    wrong.add(property);
                    faults.add(property.name().toString(), ruleOf(unreadable, typeOf(property.tree())));
                }
            }
        }
        try {
            return bind(prefix, type, name -> wrong.stream().noneMatch(property -> property.covers(name)));
        } catch (BindException together) {
            faults.add(together.getName().toString(), ruleOf(together, Object.class));
            return bind(prefix, type, _ -> false);
        }
    }

    private Object bind(String prefix, Class<?> type, Predicate<ConfigurationPropertyName> names) {
        return binder(names)
                .bindOrCreate(
                        prefix, Bindable.of(type).withBindRestrictions(Bindable.BindRestriction.NO_DIRECT_PROPERTY));
    }

    private Binder binder(Predicate<ConfigurationPropertyName> names) {
        List<ConfigurationPropertySource> visible =
                sources.stream().map(source -> source.filter(names)).toList();
        return new Binder(visible, new PropertySourcesPlaceholdersResolver(environment));
    }

    /// What no constraint says: quantities that arithmetic can bear.
    private void checkRanges() {
        for (ConfiguredNames.Configured property : configured) {
            Class<?> type = typeOf(property.tree());
            String name = property.name().toString();
            if (type.equals(Duration.class)) {
                Duration duration = quiet(name, Duration.class);
                if (duration != null && duration.abs().compareTo(LONGEST) > 0) {
                    faults.add(name, "must be at most " + LONGEST.toDays() + "d");
                }
            } else if (type.equals(DataSize.class)) {
                DataSize size = quiet(name, DataSize.class);
                if (size != null && size.toBytes() < 1) {
                    faults.add(name, "must be at least 1B");
                }
            }
        }
    }

    private <T> @Nullable T quiet(String name, Class<T> type) {
        try {
            return binder(_ -> true).bind(name, type).orElse(null);
        } catch (BindException _) {
            return null;
        }
    }

    private void validate() {
        try (var factory = Validation.byDefaultProvider()
                .configure()
                .messageInterpolator(new ConstraintMessages())
                .buildValidatorFactory()) {
            Validator validator = factory.getValidator();
            bound.forEach((type, properties) -> {
                for (ConstraintViolation<Object> violation : validator.validate(properties)) {
                    faults.add(nameOf(type, violation), violation.getMessage());
                }
            });
        }
    }

    /// `services[a].pool.maxPending` is `muster.services.a.max-pending`, where `pool` is a group without a name.
    private static String nameOf(Class<?> type, ConstraintViolation<?> violation) {
        String path = CONTAINER.matcher(violation.getPropertyPath().toString()).replaceAll("$1$2");
        for (String group : groupsOn(violation.getPropertyPath(), type)) {
            path = path.replaceFirst("\\.%s\\b".formatted(group), "");
        }
        if (violation.getConstraintDescriptor().getAnnotation() instanceof AssertTrue) {
            path = path.substring(0, Math.max(path.lastIndexOf('.'), 0));
        }
        String keyed = KEY.matcher(path).replaceAll(".$1");
        var dashed = new StringBuilder(ConfigurationTypes.prefix(type)).append('.');
        boolean inKey = false;
        for (int i = 0; i < keyed.length(); i++) {
            char letter = keyed.charAt(i);
            inKey = letter == '[' || (inKey && letter != ']');
            if (Character.isUpperCase(letter) && !inKey) {
                dashed.append('-').append(Character.toLowerCase(letter));
            } else {
                dashed.append(letter);
            }
        }
        return dashed.toString();
    }

    /// The groups without a name that the path leads through.
    private static List<String> groupsOn(Path path, Class<?> type) {
        List<String> groups = new ArrayList<>();
        ResolvableType at = ResolvableType.forClass(type);
        for (Path.Node node : path) {
            RecordComponent component = component(at.resolve(Object.class), node.getName());
            if (component != null) {
                if (PropertyTree.isUnnamed(component)) {
                    groups.add(component.getName());
                }
                ResolvableType below = ResolvableType.forType(component.getGenericType());
                at = below.hasGenerics() ? below.getGeneric(below.getGenerics().length - 1) : below;
            }
        }
        return groups;
    }

    private static @Nullable RecordComponent component(Class<?> type, @Nullable String name) {
        return type.isRecord()
                ? Stream.of(type.getRecordComponents())
                        .filter(component -> component.getName().equals(name))
                        .findFirst()
                        .orElse(null)
                : null;
    }

    private static Class<?> typeOf(PropertyTree tree) {
        return tree instanceof PropertyTree.Value(var type) ? type : Object.class;
    }

    /// What would be right, instead of what could not be made of the value.
    private static String ruleOf(BindException unreadable, Class<?> type) {
        for (Throwable cause = unreadable; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConversionFailedException || cause instanceof ConverterNotFoundException) {
                return expected(type);
            }
        }
        Throwable root = NestedExceptionUtils.getMostSpecificCause(unreadable);
        return root.getMessage() == null ? expected(type) : root.getMessage();
    }

    private static String expected(Class<?> type) {
        if (type.equals(Duration.class)) {
            return "must be a duration such as 250ms, 2s or PT0.25S";
        }
        if (type.equals(DataSize.class)) {
            return "must be a size such as 512KB or 16MB";
        }
        if (type.equals(Integer.class)
                || type.equals(int.class)
                || type.equals(Long.class)
                || type.equals(long.class)) {
            return "must be a whole number";
        }
        if (Number.class.isAssignableFrom(type) || (type.isPrimitive() && !type.equals(boolean.class))) {
            return "must be a number";
        }
        if (type.equals(Boolean.class) || type.equals(boolean.class)) {
            return "must be true or false";
        }
        if (type.equals(URI.class)) {
            return "must be a URL";
        }
        if (type.equals(InetAddress.class)) {
            return "must be an address, or a name that has one";
        }
        if (type.isEnum()) {
            return "must be one of "
                    + Arrays.stream(type.getEnumConstants())
                            .map(constant -> ((Enum<?>) constant)
                                    .name()
                                    .toLowerCase(Locale.ROOT)
                                    .replace('_', '-'))
                            .collect(Collectors.joining(", "));
        }
        return "is not of the type " + type.getSimpleName();
    }
}
