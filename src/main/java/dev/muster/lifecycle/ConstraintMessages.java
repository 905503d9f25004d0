package dev.muster.lifecycle;

import jakarta.validation.MessageInterpolator;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import java.util.Locale;
import java.util.Set;
import org.hibernate.validator.constraints.time.DurationMin;
import org.hibernate.validator.messageinterpolation.ParameterMessageInterpolator;

/// What a constraint says, in English and without an expression language, which takes long to load.
final class ConstraintMessages implements MessageInterpolator {

    private final MessageInterpolator parameters =
            new ParameterMessageInterpolator(Set.of(Locale.ENGLISH), Locale.ENGLISH, false);

    @Override
    public String interpolate(String template, Context context) {
        return switch (context.getConstraintDescriptor().getAnnotation()) {
            case DurationMin least -> "must be at least " + least.millis() + "ms";
            case DecimalMin least -> "must be greater than or equal to " + least.value();
            case DecimalMax most -> "must be less than or equal to " + most.value();
            default -> parameters.interpolate(template, context, Locale.ENGLISH);
        };
    }

    @Override
    public String interpolate(String template, Context context, Locale locale) {
        return interpolate(template, context);
    }
}
