package dev.muster.egress;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The ports that Muster itself listens on. A call that reached one of them on an address of this machine would come
/// back in by the other door, with Muster's own standing and past every limit of its batch.
///
/// Safe for use by many threads; ports are added as servers start.
public final class OwnPorts {

    private final Set<Integer> ports = ConcurrentHashMap.newKeySet();

    /// Adds a port that Muster listens on.
    public void add(int port) {
        ports.add(port);
    }

    /// Whether a connection to `address` and `port` would reach Muster. The interfaces are asked anew each time, as
    /// a container's addresses come and go; where they cannot be asked, the answer is yes.
    boolean areAt(InetAddress address, int port) {
        return ports.contains(port)
                && (address.isAnyLocalAddress() || address.isLoopbackAddress() || isOfThisMachine(address));
    }

    private static boolean isOfThisMachine(InetAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException unknown) {
            return true;
        }
    }
}
