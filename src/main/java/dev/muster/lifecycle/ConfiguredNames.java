package dev.muster.lifecycle;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/// Compares the names that are configured, in every source, with those that there are.
final class ConfiguredNames {

    /// What Kubernetes tells every container of a Service, here of one whose name begins with `muster`.
    private static final Pattern OF_KUBERNETES = Pattern.compile(
            "[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");

    private static final Pattern PLAIN_KEY = Pattern.compile("[a-z0-9][a-z0-9-]*");

    /// A name that is another one but for so many letters is meant to be that.
    private static final int MOST_WRONG_LETTERS = 3;

    /// @param name  as Spring Boot spells it
    /// @param alias as its source has it
    /// @param tree  what is there
    record Configured(ConfigurationPropertyName name, ConfigurationPropertyName alias, PropertyTree tree) {

        /// Whether this is `other`, or has it below itself.
        boolean covers(ConfigurationPropertyName other) {
            return name.equals(other) || name.isAncestorOf(other) || alias.equals(other);
        }
    }

    private final PropertyTree tree;
    private final ConfigurationFaults faults;
    private final Map<ConfigurationPropertyName, Configured> known = new LinkedHashMap<>();

    private ConfiguredNames(PropertyTree tree, ConfigurationFaults faults) {
        this.tree = tree;
        this.faults = faults;
    }

    /// The known ones; each other one is a fault.
    static List<Configured> in(
            Iterable<ConfigurationPropertySource> sources, PropertyTree tree, ConfigurationFaults faults) {
        var names = new ConfiguredNames(tree, faults);
        for (ConfigurationPropertySource source : sources) {
            if (source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource variables) {
                names.readVariables(variables);
            } else if (source instanceof IterableConfigurationPropertySource iterable) {
                iterable.stream().forEach(name -> names.read(name, iterable));
            }
        }
        return List.copyOf(names.known.values());
    }

    private void read(ConfigurationPropertyName name, ConfigurationPropertySource source) {
        if (name.isEmpty()) {
            return;
        }
        List<String> elements = new ArrayList<>();
        for (int i = 0; i < name.getNumberOfElements(); i++) {
            elements.add(name.getElement(i, ConfigurationPropertyName.Form.ORIGINAL));
        }
        var walk = new Walk(elements, false);
        if (ConfigurationTypes.ROOTS.stream().noneMatch(root -> root.equals(walk.uniform(0)))) {
            walk.misspeltRoot(tree).ifPresent(meant -> faults.addUnknown(name.toString(), meant, origin(source, name)));
            return;
        }
        PropertyTree there = walk.from(tree);
        if (there == null) {
            faults.addUnknown(name.toString(), walk.fault(tree), origin(source, name));
        } else if (isSection(there) && !isEmpty(source, name)) {
            faults.addUnknown(name.toString(), "has properties below it, and no value itself", origin(source, name));
        } else {
            add(walk.canonical(), name, there);
        }
    }

    private void readVariables(EnumerablePropertySource<?> variables) {
        for (String variable : variables.getPropertyNames()) {
            List<String> tokens = Stream.of(variable.split("[_.]", -1))
                    .filter(Predicate.not(String::isEmpty))
                    .toList();
            if (tokens.size() < 2) {
                continue;
            }
            var walk = new Walk(tokens, true);
            String origin = "environment variable";
            if (ConfigurationTypes.ROOTS.stream().noneMatch(root -> root.equals(walk.uniform(0)))) {
                walk.misspeltRoot(tree).ifPresent(meant -> faults.addUnknown(variable, meant, origin));
                continue;
            }
            PropertyTree there = walk.from(tree);
            if (there != null && !isSection(there)) {
                var alias = ConfigurationPropertyName.adapt(variable.toLowerCase(Locale.ROOT), '_');
                add(walk.canonical(), alias, there);
            } else if (!isOfKubernetes(variable, variables.getProperty(variable))) {
                faults.addUnknown(
                        variable,
                        there == null ? walk.fault(tree) : "has properties below it, and no value itself",
                        origin);
            }
        }
    }

    private static boolean isOfKubernetes(String variable, @Nullable Object value) {
        return OF_KUBERNETES.matcher(variable).matches()
                || (variable.endsWith("_PORT") && String.valueOf(value).contains("://"));
    }

    private void add(String name, ConfigurationPropertyName alias, PropertyTree there) {
        var canonical = ConfigurationPropertyName.of(name);
        known.putIfAbsent(canonical, new Configured(canonical, alias, there));
    }

    private static boolean isSection(PropertyTree tree) {
        return tree instanceof PropertyTree.Section || tree instanceof PropertyTree.Entries;
    }

    /// As the empty map of a YAML file is.
    private static boolean isEmpty(ConfigurationPropertySource source, ConfigurationPropertyName name) {
        ConfigurationProperty property = source.getConfigurationProperty(name);
        return property == null || property.getValue().toString().isBlank() || property.getValue() instanceof Map;
    }

    private static @Nullable String origin(ConfigurationPropertySource source, ConfigurationPropertyName name) {
        ConfigurationProperty property = source.getConfigurationProperty(name);
        return property == null ? null : ConfigurationFaults.originOf(property);
    }

    /// The way of one name through the tree.
    private static final class Walk {

        private final List<String> parts;
        private final boolean variable;
        private List<String> canonical = List.of();
        /// Where no way led on, at the deepest.
        private int stuckAt = -1;

        private List<String> stuckBelow = List.of();
        private PropertyTree.@Nullable Section stuckIn;

        /// @param variable whether these are the parts of an environment variable, in which a dash of a name is left
        ///                 out or parts it
        Walk(List<String> parts, boolean variable) {
            this.parts = parts;
            this.variable = variable;
        }

        String uniform(int part) {
            return PropertyTree.uniform(parts.get(part));
        }

        String canonical() {
            return join(canonical);
        }

        @Nullable
        PropertyTree from(PropertyTree root) {
            return walk(root, 0, List.of());
        }

        private @Nullable PropertyTree walk(PropertyTree tree, int at, List<String> below) {
            if (at == parts.size()) {
                canonical = below;
                return tree;
            }
            return switch (tree) {
                case PropertyTree.Section section -> walkSection(section, at, below);
                case PropertyTree.Entries(PropertyTree.Value value)
                when !variable -> {
                    canonical = with(below, key(String.join(".", parts.subList(at, parts.size()))));
                    yield value;
                }
                case PropertyTree.Entries(var value) -> walk(value, at + 1, with(below, key(parts.get(at))));
                case PropertyTree.Elements(var element) ->
                    parts.get(at).chars().allMatch(Character::isDigit)
                            ? walk(element, at + 1, with(below, "[" + parts.get(at) + "]"))
                            : stuck(at, below, null);
                case PropertyTree.Value _ -> stuck(at, below, null);
            };
        }

        private @Nullable PropertyTree walkSection(PropertyTree.Section section, int at, List<String> below) {
            for (Map.Entry<String, PropertyTree> child : section.children().entrySet()) {
                int length = matches(child.getKey(), at);
                if (length > 0) {
                    PropertyTree there = walk(child.getValue(), at + length, with(below, child.getKey()));
                    if (there != null) {
                        return there;
                    }
                }
            }
            return stuck(at, below, section);
        }

        /// How many parts from `at` on are `name`; 0 if they are something else.
        private int matches(String name, int at) {
            String uniform = PropertyTree.uniform(name);
            if (uniform(at).equals(uniform)) {
                return 1;
            }
            int words = variable ? name.split("-", -1).length : 1;
            return words > 1
                            && at + words <= parts.size()
                            && PropertyTree.uniform(String.join("", parts.subList(at, at + words)))
                                    .equals(uniform)
                    ? words
                    : 0;
        }

        private @Nullable PropertyTree stuck(int at, List<String> below, PropertyTree.@Nullable Section section) {
            if (at > stuckAt || (at == stuckAt && stuckIn == null)) {
                stuckAt = at;
                stuckBelow = below;
                stuckIn = section;
            }
            return null;
        }

        /// What to say of a name that leads nowhere.
        String fault(PropertyTree root) {
            return "there is no such property"
                    + suggestion(root).map(", did you mean %s?"::formatted).orElse("");
        }

        private Optional<String> suggestion(PropertyTree root) {
            PropertyTree.Section section = stuckIn;
            if (section == null) {
                return Optional.of(spelt(stuckBelow, List.of()));
            }
            List<String> candidates = new ArrayList<>();
            for (Map.Entry<String, PropertyTree> child : section.children().entrySet()) {
                int words = variable ? child.getKey().split("-", -1).length : 1;
                for (int length : words == 1 ? List.of(1) : List.of(1, words)) {
                    if (stuckAt + length <= parts.size()) {
                        String given = String.join("", parts.subList(stuckAt, stuckAt + length));
                        if (isNear(given, child.getKey())) {
                            List<String> rest = parts.subList(stuckAt + length, parts.size());
                            candidates.add("%02d %s"
                                    .formatted(
                                            distance(PropertyTree.uniform(given), PropertyTree.uniform(child.getKey())),
                                            spelt(with(stuckBelow, child.getKey()), rest)));
                        }
                    }
                }
            }
            return candidates.stream()
                    .min(Comparator.naturalOrder())
                    .map(candidate -> candidate.substring(3))
                    .or(() -> elsewhere(root));
        }

        /// A property of the same name at another place; of several, the gateway's own.
        private Optional<String> elsewhere(PropertyTree root) {
            String last = uniform(parts.size() - 1);
            return paths(root, List.of())
                    .filter(path -> PropertyTree.uniform(path.getLast()).equals(last))
                    .filter(path -> path.getFirst().equals(uniform(0)))
                    .min(Comparator.comparing(path -> !path.contains("gateway")))
                    .map(path -> spelt(path, List.of()));
        }

        private static Stream<List<String>> paths(PropertyTree tree, List<String> below) {
            return switch (tree) {
                case PropertyTree.Section(var children) ->
                    children.entrySet().stream().flatMap(child -> paths(child.getValue(), with(below, child.getKey())));
                case PropertyTree.Entries(var value) -> paths(value, with(below, "<name>"));
                case PropertyTree.Elements _, PropertyTree.Value _ -> Stream.of(below);
            };
        }

        /// Whether the first part is nearly a root, and the rest is a property of it.
        Optional<String> misspeltRoot(PropertyTree tree) {
            return ConfigurationTypes.ROOTS.stream()
                    .filter(root -> isNear(uniform(0), root))
                    .filter(root -> {
                        var meant = new ArrayList<>(parts);
                        meant.set(0, root);
                        var walk = new Walk(meant, variable);
                        PropertyTree there = walk.from(tree);
                        return variable ? there != null && !isSection(there) : there != null || walk.stuckAt > 1;
                    })
                    .findFirst()
                    .map(root -> "there is no such property, did you mean %s?"
                            .formatted(spelt(List.of(root), parts.subList(1, parts.size()))));
        }

        private String spelt(List<String> below, List<String> rest) {
            if (!variable) {
                return join(Stream.concat(below.stream(), rest.stream().map(Walk::key))
                        .toList());
            }
            return Stream.concat(below.stream().map(name -> name.replaceAll("[-\\[\\]]", "")), rest.stream())
                    .map(name -> name.toUpperCase(Locale.ROOT))
                    .collect(Collectors.joining("_"));
        }

        private static String key(String part) {
            if (part.chars().allMatch(Character::isDigit)
                    || !PLAIN_KEY.matcher(part.toLowerCase(Locale.ROOT)).matches()) {
                return "[" + part + "]";
            }
            return part.toLowerCase(Locale.ROOT).equals(part) ? part : "[" + part + "]";
        }

        private static List<String> with(List<String> names, String name) {
            return Stream.concat(names.stream(), Stream.of(name)).toList();
        }

        private static String join(List<String> names) {
            var joined = new StringBuilder();
            for (String name : names) {
                joined.append(joined.isEmpty() || name.startsWith("[") ? "" : ".")
                        .append(name);
            }
            return joined.toString();
        }
    }

    private static boolean isNear(String given, String name) {
        String one = PropertyTree.uniform(given);
        String other = PropertyTree.uniform(name);
        int distance = distance(one, other);
        return distance > 0 && distance <= Math.min(MOST_WRONG_LETTERS, Math.max(1, other.length() / 3));
    }

    /// How many letters to add, leave out, replace or swap with their neighbour.
    private static int distance(String one, String other) {
        int[][] steps = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int j = 0; j <= other.length(); j++) {
                if (i == 0 || j == 0) {
                    steps[i][j] = i + j;
                    continue;
                }
                int replaced = steps[i - 1][j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                steps[i][j] = Math.min(replaced, Math.min(steps[i - 1][j], steps[i][j - 1]) + 1);
                if (i > 1
                        && j > 1
                        && one.charAt(i - 1) == other.charAt(j - 2)
                        && one.charAt(i - 2) == other.charAt(j - 1)) {
                    steps[i][j] = Math.min(steps[i][j], steps[i - 2][j - 2] + 1);
                }
            }
        }
        return steps[one.length()][other.length()];
    }
}
