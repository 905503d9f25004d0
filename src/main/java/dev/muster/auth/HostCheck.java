package dev.muster.auth;

/// Which of the two ports a stranger's page could reach by a name of its own, and by which names they may be addressed.
///
/// @param allowed    the names
/// @param api        whether `Host` and `Origin` are held to them on the port of the API
/// @param management the same of the port of management, whose endpoints ask nobody who they are
public record HostCheck(AllowedHosts allowed, boolean api, boolean management) {}
