package dev.muster.server;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// How the event loops get at the sockets of clients and upstreams.
///
/// @param coalesce whether an event loop tells the kernel what its connections wait for only once in a turn, and only
///                 where that has changed. `false` is as Netty has it, with two system calls more for each call
@ConfigurationProperties("muster.transport")
public record TransportProperties(@DefaultValue("true") boolean coalesce) {}
