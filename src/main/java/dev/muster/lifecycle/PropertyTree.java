package dev.muster.lifecycle;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.core.ResolvableType;

/// Which properties there are, as the types tell that they are bound to.
sealed interface PropertyTree {

    /// A property that has a value of its own.
    ///
    /// @param type what a text is converted to
    record Value(Class<?> type) implements PropertyTree {}

    /// A group of properties.
    ///
    /// @param children by name, with dashes
    record Section(Map<String, PropertyTree> children) implements PropertyTree {

        /// The child called `name`, however that is spelt, or `null`.
        Map.@Nullable Entry<String, PropertyTree> child(String name) {
            String uniform = uniform(name);
            for (Map.Entry<String, PropertyTree> child : children.entrySet()) {
                if (uniform(child.getKey()).equals(uniform)) {
                    return child;
                }
            }
            return null;
        }
    }

    /// A map.
    ///
    /// @param value what each name has, which is free
    record Entries(PropertyTree value) implements PropertyTree {}

    /// A list.
    ///
    /// @param element what each element is
    record Elements(PropertyTree element) implements PropertyTree {}

    /// As Spring Boot compares names.
    static String uniform(String name) {
        return name.replace("-", "").replace("_", "").toLowerCase(Locale.ROOT);
    }

    /// The tree of a type, as Spring Boot binds it.
    static PropertyTree of(ResolvableType type) {
        Class<?> resolved = type.resolve(Object.class);
        if (Map.class.isAssignableFrom(resolved)) {
            return new Entries(of(type.as(Map.class).getGeneric(1)));
        }
        if (Collection.class.isAssignableFrom(resolved)) {
            return new Elements(of(type.asCollection().getGeneric(0)));
        }
        if (resolved.isArray()) {
            return new Elements(of(type.getComponentType()));
        }
        if (resolved.isRecord()) {
            return ofRecord(resolved);
        }
        if (resolved.getName().startsWith("java.")
                || ApplicationConversionService.getSharedInstance().canConvert(String.class, resolved)) {
            return new Value(resolved);
        }
        return ofBean(type, resolved);
    }

    private static Section ofRecord(Class<?> type) {
        var children = new TreeMap<String, PropertyTree>();
        for (RecordComponent component : type.getRecordComponents()) {
            PropertyTree tree = of(ResolvableType.forType(component.getGenericType()));
            if (isUnnamed(component) && tree instanceof Section(var among)) {
                children.putAll(among);
            } else {
                children.put(nameOf(component), tree);
            }
        }
        return new Section(children);
    }

    /// The name of the component's property.
    static String nameOf(RecordComponent component) {
        String given = givenName(component);
        return given == null ? DataObjectPropertyName.toDashedForm(component.getName()) : given;
    }

    /// Whether the properties of the component stand among those of the record that it is of, as Spring Boot binds what
    /// has an empty name.
    static boolean isUnnamed(RecordComponent component) {
        String given = givenName(component);
        return given != null && given.isEmpty();
    }

    private static @Nullable String givenName(RecordComponent component) {
        try {
            Name given = component
                    .getDeclaringRecord()
                    .getDeclaredField(component.getName())
                    .getAnnotation(Name.class);
            return given == null ? null : given.value();
        } catch (NoSuchFieldException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// By setters, and by getters of what is filled in place.
    private static Section ofBean(ResolvableType type, Class<?> resolved) {
        var children = new TreeMap<String, PropertyTree>();
        List<Method> getters = new ArrayList<>();
        for (Method method : resolved.getMethods()) {
            if (Modifier.isStatic(method.getModifiers())
                    || method.isBridge()
                    || method.getDeclaringClass().equals(Object.class)) {
                continue;
            }
            String name = method.getName();
            if (name.startsWith("set") && name.length() > 3 && method.getParameterCount() == 1) {
                children.put(dashed(name), of(ResolvableType.forMethodParameter(method, 0, type.toClass())));
            } else if (name.startsWith("get") && name.length() > 3 && method.getParameterCount() == 0) {
                getters.add(method);
            }
        }
        for (Method getter : getters) {
            PropertyTree tree = of(ResolvableType.forMethodReturnType(getter, type.toClass()));
            if (!(tree instanceof Value)) {
                children.putIfAbsent(dashed(getter.getName()), tree);
            }
        }
        return new Section(children);
    }

    private static String dashed(String accessor) {
        return DataObjectPropertyName.toDashedForm(java.beans.Introspector.decapitalize(accessor.substring(3)));
    }

    /// This tree with everything of `other`.
    default PropertyTree and(PropertyTree other) {
        if (!(this instanceof Section(var mine)) || !(other instanceof Section(var others))) {
            return this;
        }
        var both = new TreeMap<>(mine);
        others.forEach((name, child) -> both.merge(name, child, PropertyTree::and));
        return new Section(both);
    }

    /// This tree as what is below `prefix`.
    default PropertyTree below(String prefix) {
        PropertyTree tree = this;
        List<String> names = List.of(prefix.split("\\."));
        for (String name : names.reversed()) {
            tree = new Section(Map.of(name, tree));
        }
        return tree;
    }
}
