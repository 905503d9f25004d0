package dev.muster.system;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Stands between a container and its link: asked about every packet that the packet filter queues, it lets each go
/// after the same time, and some never. A program by itself, of this class alone, that runs in that container's
/// network.
///
/// It speaks the kernel's `nfnetlink_queue`: messages of a netlink header, an `nfgenmsg`, and attributes.
@SuppressWarnings("restricted")
public final class PacketDelay {

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_NETFILTER = 12;
    private static final short NLM_F_REQUEST = 1;
    private static final short NLMSG_ERROR = 2;

    private static final short PACKET = 3 << 8;
    private static final short VERDICT = PACKET | 1;
    private static final short CONFIG = PACKET | 2;

    private static final int HEADER_BYTES = 16;
    private static final int GENERIC_BYTES = 4;
    private static final int ATTRIBUTE_BYTES = 4;
    private static final int BUFFER_BYTES = 64 * 1024;

    private static final int DROP = 0;
    private static final int ACCEPT = 1;

    private final long delayMillis;
    private final int lossPercent;
    private final MethodHandle send = function("send");
    private final MethodHandle receive = function("recv");
    private final int socket;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    /// The same packets are lost every time.
    private final Random random = new Random(1);

    private PacketDelay(long delayMillis, int lossPercent) throws Throwable {
        this.delayMillis = delayMillis;
        this.lossPercent = lossPercent;
        this.socket = openSocket();
    }

    /// Runs until it is killed.
    ///
    /// @param arguments the milliseconds that a packet is held back, and how many of a hundred are dropped
    public static void main(String[] arguments) throws Throwable {
        new PacketDelay(Long.parseLong(arguments[0]), Integer.parseInt(arguments[1])).run();
    }

    private void run() throws Throwable {
        // Bind the socket to queue 0; then: no packet's content, please, but its number.
        tell(message(CONFIG, attribute(1, new byte[] {1, 0, 0, 0})));
        tell(message(CONFIG, attribute(2, new byte[] {0, 0, 0, 0, 1})));
        System.out.println("queue bound");
        try (var arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(BUFFER_BYTES);
            while (true) {
                long bytes = (long) receive.invokeExact(socket, buffer, buffer.byteSize(), 0);
                if (bytes < 0) {
                    throw new IllegalStateException("the kernel says nothing more");
                }
                hear(buffer.asByteBuffer().limit((int) bytes).order(ByteOrder.nativeOrder()));
            }
        }
    }

    private void hear(ByteBuffer messages) {
        int start = 0;
        while (start + HEADER_BYTES <= messages.limit()) {
            int length = messages.getInt(start);
            short type = messages.getShort(start + 4);
            if (type == NLMSG_ERROR && messages.getInt(start + HEADER_BYTES) != 0) {
                throw new IllegalStateException("error " + messages.getInt(start + HEADER_BYTES));
            }
            if (type == PACKET) {
                // The first attribute is the packet's header, and its number the first in it.
                decide(networkOrder(messages, start + HEADER_BYTES + GENERIC_BYTES + ATTRIBUTE_BYTES));
            }
            start += aligned(length);
        }
    }

    private static int networkOrder(ByteBuffer buffer, int at) {
        int value = buffer.getInt(at);
        return buffer.order() == ByteOrder.BIG_ENDIAN ? value : Integer.reverseBytes(value);
    }

    private void decide(int packet) {
        int verdict = random.nextInt(100) < lossPercent ? DROP : ACCEPT;
        var _ = timer.schedule(() -> decided(packet, verdict), delayMillis, TimeUnit.MILLISECONDS);
    }

    private void decided(int packet, int verdict) {
        try {
            tell(message(
                    VERDICT,
                    attribute(
                            2,
                            ByteBuffer.allocate(8)
                                    .putInt(verdict)
                                    .putInt(packet)
                                    .array())));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /// @param value in network byte order
    private static byte[] attribute(int type, byte[] value) {
        return ByteBuffer.allocate(aligned(ATTRIBUTE_BYTES + value.length))
                .order(ByteOrder.nativeOrder())
                .putShort((short) (ATTRIBUTE_BYTES + value.length))
                .putShort((short) type)
                .put(value)
                .array();
    }

    /// About queue 0, which needs no more of the `nfgenmsg` than zeros.
    private static byte[] message(short type, byte[] attribute) {
        int length = HEADER_BYTES + GENERIC_BYTES + attribute.length;
        return ByteBuffer.allocate(length)
                .order(ByteOrder.nativeOrder())
                .putInt(length)
                .putShort(type)
                .putShort(NLM_F_REQUEST)
                .put(HEADER_BYTES + GENERIC_BYTES, attribute)
                .array();
    }

    private static int aligned(int bytes) {
        return (bytes + 3) & ~3;
    }

    private void tell(byte[] message) throws Throwable {
        try (var arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocateFrom(ValueLayout.JAVA_BYTE, message);
            long sent = (long) send.invokeExact(socket, copy, copy.byteSize(), 0);
            if (sent != message.length) {
                throw new IllegalStateException("the kernel does not listen");
            }
        }
    }

    private static int openSocket() throws Throwable {
        MethodHandle open = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("socket"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT));
        int socket = (int) open.invokeExact(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
        if (socket < 0) {
            throw new IllegalStateException("no netlink socket");
        }
        return socket;
    }

    /// `send` or `recv`: socket, memory, its size, flags.
    private static MethodHandle function(String name) {
        return Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow(name),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT,
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT));
    }
}
