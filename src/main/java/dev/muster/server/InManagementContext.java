package dev.muster.server;

import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/// Whether it is the context of a port of management's own. The application's context finds the configurations that are
/// for that one, too, like any other of their packages.
public final class InManagementContext implements Condition {

    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
        var beans = context.getBeanFactory();
        return beans != null && beans.getParentBeanFactory() != null;
    }
}
