package dev.muster.clients;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.springframework.test.context.DynamicPropertyRegistry;

/// Where the simulator listens: its services' base URLs are fixed before it has a port.
final class SimulatorPort {

    private SimulatorPort() {}

    static void choose(DynamicPropertyRegistry properties) {
        int port = free();
        properties.add("muster.demo.port", () -> port);
    }

    private static int free() {
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        } catch (IOException none) {
            throw new UncheckedIOException(none);
        }
    }
}
