package dev.muster.service;

import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.PositiveOrZero;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// How many extra requests, retries and hedges together, a service may get.
///
/// @param ratio        extra requests for each call, 0 to 1: 0.2
/// @param minPerSecond extra requests each second whatever the traffic: 1
public record RetryBudget(
        @DefaultValue("0.2") @DecimalMin("0") @DecimalMax("1")
        double ratio,

        @DefaultValue("1") @PositiveOrZero int minPerSecond) {}
