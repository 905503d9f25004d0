package dev.muster.egress;

/// A call that may not be made.
///
/// @param rule a sentence for the caller that names the rule, and nothing the caller did not say: no resolved address
///     and no entry of the configuration
public record EgressRefusal(String rule) {}
