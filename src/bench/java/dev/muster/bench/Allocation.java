package dev.muster.bench;

import com.sun.management.ThreadMXBean;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/// How much another JVM allocates.
final class Allocation implements AutoCloseable {

    private final JMXConnector connector;
    private final ThreadMXBean threads;

    private Allocation(JMXConnector connector) throws IOException {
        this.connector = connector;
        this.threads = ManagementFactory.newPlatformMXBeanProxy(
                connector.getMBeanServerConnection(), ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class);
    }

    /// Of the JVM that `server` is.
    @SuppressWarnings("BanJNDI") // the address is what a process that was started here has just told
    static Allocation of(Server server) throws IOException {
        try {
            var machine = VirtualMachine.attach(Long.toString(server.pid()));
            try {
                var address = new JMXServiceURL(machine.startLocalManagementAgent());
                return new Allocation(JMXConnectorFactory.connect(address));
            } finally {
                machine.detach();
            }
        } catch (AttachNotSupportedException impossible) {
            throw new IOException(impossible);
        }
    }

    /// Since the JVM started, by all of its threads.
    long bytes() {
        return threads.getTotalThreadAllocatedBytes();
    }

    @Override
    public void close() throws IOException {
        connector.close();
    }
}
