package dev.muster.upstream;

/// How the connections to a service stand at a moment, over all its hosts.
///
/// @param hosts   hosts that there is a pool for
/// @param active  connections in use; of HTTP/2, connections open
/// @param idle    connections open and not in use
/// @param pending calls that wait for a connection
public record PoolUsage(int hosts, int active, int idle, int pending) {}
