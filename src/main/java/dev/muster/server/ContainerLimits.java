package dev.muster.server;

/// Fits Netty to what the JVM has found of the container's limits.
///
/// Netty's own defaults are those of a machine: at least four event loops, and as much memory outside the heap as in
/// it. Under a limit of 256 MiB the second is a promise that the kernel ends with the process.
public final class ContainerLimits {

    private ContainerLimits() {}

    /// Sets what nobody has set; to be called before any class of Netty is loaded.
    public static void apply(int processors, long heapBytes) {
        setDefault("reactor.netty.ioWorkerCount", Integer.toString(processors));
        setDefault("io.netty.maxDirectMemory", Long.toString(heapBytes / 2));
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
