package dev.muster.service;

/// One configured upstream service, with every default filled in.
public record Service(
        String name,
        Location location,
        CallSettings calls,
        ConnectionSettings connections,
        PoolSettings pool,
        HostSettings hosts,
        ResilienceSettings resilience,
        ReuseSettings reuse) {}
