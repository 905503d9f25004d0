package dev.muster.system;

import com.github.dockerjava.api.model.Capability;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.MountableFile;

/// The link that a container sends on, made bad until it is closed: every packet comes late, and some not at all.
///
/// By `tc netem` where the kernel has it. Else the packet filter queues what is sent to [PacketDelay], which holds
/// every packet back for as long and drops as many.
final class Link implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Link.class);

    private static final String QUEUED = "OUTPUT ! -o lo -j NFQUEUE --queue-num 0";

    private final GenericContainer<?> tools;
    private final GenericContainer<?> delay;

    private Link(GenericContainer<?> tools, GenericContainer<?> delay) {
        this.tools = tools;
        this.delay = delay;
    }

    static Link of(GenericContainer<?> sender, Duration delay, int lossPercent) {
        var link = new Link(
                inTheNetworkOf(sender, "nicolaka/netshoot:v0.13").withCommand("tail", "-f", "/dev/null"),
                inTheNetworkOf(sender, "eclipse-temurin:25-jdk")
                        .withCopyToContainer(
                                MountableFile.forClasspathResource("dev/muster/system/PacketDelay.class"),
                                "/link/dev/muster/system/PacketDelay.class")
                        .withCommand(
                                "java",
                                "--enable-native-access=ALL-UNNAMED",
                                "-Xmx32m",
                                "-cp",
                                "/link",
                                PacketDelay.class.getName(),
                                Long.toString(delay.toMillis()),
                                Integer.toString(lossPercent))
                        .waitingFor(Wait.forLogMessage(".*queue bound.*", 1)));
        try {
            link.worsen(delay, lossPercent);
        } catch (RuntimeException e) {
            link.close();
            throw e;
        }
        return link;
    }

    private static GenericContainer<?> inTheNetworkOf(GenericContainer<?> sender, String image) {
        return new GenericContainer<>(image)
                .withCreateContainerCmdModifier(command -> Objects.requireNonNull(command.getHostConfig())
                        .withNetworkMode("container:" + sender.getContainerId())
                        .withCapAdd(Capability.NET_ADMIN));
    }

    private void worsen(Duration by, int lossPercent) {
        tools.start();
        var netem = run("tc qdisc add dev %s root netem delay %dms loss %d%% limit 10000"
                .formatted(device(), by.toMillis(), lossPercent));
        if (netem.getExitCode() == 0) {
            return;
        }
        log.warn(
                "PacketDelay stands in for netem, as tc says: {}",
                netem.getStderr().strip());
        delay.start();
        var queue = run("iptables -A " + QUEUED);
        if (queue.getExitCode() != 0) {
            throw new IllegalStateException(queue.getStderr());
        }
    }

    /// Docker names them `eth0` and on; a network without a way out has no default route to tell.
    private String device() {
        return run("cat /proc/net/dev")
                .getStdout()
                .lines()
                .map(line -> line.strip().split(":", 2)[0])
                .filter(name -> name.startsWith("eth"))
                .findFirst()
                .orElseThrow();
    }

    /// What is still held back is lost; TCP sends it again.
    @Override
    public void close() {
        if (delay.isRunning()) {
            run("iptables -D " + QUEUED);
        } else if (tools.isRunning()) {
            run("tc qdisc del dev %s root".formatted(device()));
        }
        delay.stop();
        tools.stop();
    }

    /// Not by a shell: that of busybox would take its own `tc`, which knows no netem.
    private Container.ExecResult run(String command) {
        try {
            return tools.execInContainer(command.split(" "));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
