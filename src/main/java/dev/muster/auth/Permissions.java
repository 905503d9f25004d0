package dev.muster.auth;

import dev.muster.admission.CallerProperties;
import dev.muster.admission.CallersProperties;
import dev.muster.admission.MayProperties;
import dev.muster.request.BatchRequest;
import dev.muster.request.CallRequest;
import dev.muster.request.Fault;
import dev.muster.request.Target;
import dev.muster.service.ServiceCatalogue;
import dev.muster.url.HttpUrl;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What each caller may do, by principal.
public final class Permissions {

    private static final String ALL = "*";
    private static final Pattern METHOD = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Z-]{1,32}");

    private final CallersProperties callers;
    private final ServiceCatalogue services;
    private final boolean limited;

    /// @param callers  the entries; `default` holds what the others leave out
    /// @param services whose hosts tell which of them a URL belongs to
    public Permissions(CallersProperties callers, ServiceCatalogue services) {
        this.callers = callers;
        this.services = services;
        this.limited = callers.callers().values().stream().anyMatch(caller -> caller.may() != null);
    }

    /// Finds every name in the entries of `callers` that there is not.
    ///
    /// @param services all that there are
    /// @param views    all that there are
    /// @param found    takes the name of a property and what is wrong with it
    public static void check(
            Map<String, CallerProperties> callers,
            Set<String> services,
            Set<String> views,
            BiConsumer<String, String> found) {
        callers.forEach((principal, caller) -> {
            MayProperties may = caller.may();
            if (may != null) {
                String prefix = "muster.callers.%s.may.".formatted(principal);
                check(prefix + "services", may.services(), services::contains, "there is no service '%s'", found);
                check(prefix + "views", may.views(), views::contains, "there is no view '%s'", found);
                check(
                        prefix + "methods",
                        may.methods(),
                        name -> METHOD.matcher(name).matches(),
                        "'%s' is no method in upper case",
                        found);
            }
        });
    }

    private static void check(
            String property,
            @Nullable List<String> names,
            Function<String, Boolean> known,
            String rule,
            BiConsumer<String, String> found) {
        for (String name : names == null ? List.<String>of() : names) {
            if (!name.equals(ALL) && !known.apply(name)) {
                found.accept(property, rule.formatted(name));
            }
        }
    }

    /// What of `batch` its caller may not do.
    ///
    /// @throws ForbiddenException with all of it
    public void check(String principal, BatchRequest batch) {
        if (!limited) {
            return;
        }
        List<Fault> faults = new ArrayList<>();
        for (int i = 0; i < batch.calls().size(); i++) {
            faults.addAll(faults(principal, batch.calls().get(i), "#/requests/" + i));
        }
        if (!faults.isEmpty()) {
            throw new ForbiddenException(faults);
        }
    }

    /// What of `call` its caller may not do; nothing, if it may.
    ///
    /// @param pointer to the call
    public List<Fault> faults(String principal, CallRequest call, String pointer) {
        if (!limited) {
            return List.of();
        }
        List<Fault> faults = new ArrayList<>(0);
        switch (call.target()) {
            case Target.Url url -> {
                String service = services.ofHost(Objects.requireNonNull(HttpUrl.host(url.uri())))
                        .name();
                if (Boolean.FALSE.equals(first(principal, MayProperties::urls))) {
                    faults.add(new Fault(pointer + "/url", "this caller may not call plain URLs"));
                } else if (!service.equals(ServiceCatalogue.DEFAULT)
                        && !may(principal, MayProperties::services, service)) {
                    faults.add(new Fault(pointer + "/url", "this caller may not call the service of this URL"));
                }
            }
            case Target.ServicePath(String service, String _) -> {
                if (!may(principal, MayProperties::services, service)) {
                    faults.add(new Fault(pointer + "/service", "this caller may not call this service"));
                }
            }
        }
        if (!may(principal, MayProperties::methods, call.message().method().toUpperCase(Locale.ROOT))) {
            faults.add(new Fault(pointer + "/method", "this caller may not use this method"));
        }
        return faults;
    }

    /// Whether a caller may use the view called `name`.
    public boolean mayUse(String principal, String name) {
        return !limited || may(principal, MayProperties::views, name);
    }

    private boolean may(String principal, Function<MayProperties, @Nullable List<String>> field, String name) {
        List<String> allowed = first(principal, field);
        return allowed == null || allowed.contains(ALL) || allowed.contains(name);
    }

    private <T> @Nullable T first(String principal, Function<MayProperties, @Nullable T> field) {
        return callers.first(principal, caller -> caller.may() == null ? null : field.apply(caller.may()));
    }
}
