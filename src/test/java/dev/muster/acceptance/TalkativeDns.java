package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/// A DNS server on loopback, over UDP, that answers what the name asked for says, with a time to live of 0.
///
/// `a-10-0-0-1` has the A record 10.0.0.1, `aaaa-fd00-0-1` the AAAA record fd00::1 (a 0 in between stands for `::`),
/// `…-and-…` both; `cname-X` is an alias of `X`. `rebind…` is 127.0.0.2 when it is first asked for, and 127.0.0.1 ever
/// after. Nothing else has an address.
final class TalkativeDns implements Closeable {

    static final String DOMAIN = ".attack.test";

    private static final int A = 1;
    private static final int CNAME = 5;
    private static final int AAAA = 28;

    private final DatagramSocket socket;
    private final AtomicInteger rebound = new AtomicInteger();

    private TalkativeDns(DatagramSocket socket) {
        this.socket = socket;
    }

    static TalkativeDns start() {
        try {
            var dns =
                    new TalkativeDns(new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0)));
            Thread.ofVirtual().start(dns::serve);
            return dns;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    private void serve() {
        var packet = new DatagramPacket(new byte[512], 512);
        while (!socket.isClosed()) {
            try {
                socket.receive(packet);
                var query = Arrays.copyOf(packet.getData(), packet.getLength());
                var answer = answer(query);
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private byte[] answer(byte[] query) {
        var question = ByteBuffer.wrap(query).position(12);
        var labels = new ArrayList<String>();
        for (int length = question.get(); length > 0; length = question.get()) {
            var label = new byte[length];
            question.get(label);
            labels.add(new String(label, US_ASCII));
        }
        int type = question.getShort();
        int end = question.position() + 2;
        var name = String.join(".", labels).toLowerCase(Locale.ROOT);
        var records = name.endsWith(DOMAIN) || name.equals("localhost") ? records(name, type) : List.<byte[]>of();

        var answer = new ByteArrayOutputStream();
        answer.writeBytes(Arrays.copyOf(query, 2));
        // a response, authoritative, recursion available; no such name where there is no record at all
        answer.writeBytes(new byte[] {(byte) 0x85, (byte) 0x80, 0, 1, 0, (byte) records.size(), 0, 0, 0, 0});
        answer.writeBytes(Arrays.copyOfRange(query, 12, end));
        records.forEach(answer::writeBytes);
        return answer.toByteArray();
    }

    private List<byte[]> records(String name, int type) {
        var label = label(name);
        if (label.startsWith("cname-")) {
            var target = label.substring("cname-".length());
            target = target.equals("localhost") ? target : target + DOMAIN;
            var records = new ArrayList<byte[]>();
            records.add(record(new byte[] {(byte) 0xc0, 12}, CNAME, encoded(target)));
            for (var address : addresses(target, type)) {
                records.add(record(encoded(target), type, address));
            }
            return records;
        }
        return addresses(name, type).stream()
                .map(address -> record(new byte[] {(byte) 0xc0, 12}, type, address))
                .toList();
    }

    private static String label(String name) {
        var labels = name.split("\\.", -1);
        return labels.length < 3 ? labels[0] : labels[labels.length - 3];
    }

    private List<byte[]> addresses(String name, int type) {
        var label = label(name);
        if (label.equals("localhost")) {
            return type == A ? List.of(new byte[] {127, 0, 0, 1}) : List.of();
        }
        if (label.startsWith("rebind")) {
            return type == A
                    ? List.of(new byte[] {127, 0, 0, (byte) (rebound.getAndIncrement() == 0 ? 2 : 1)})
                    : List.of();
        }
        return Arrays.stream(label.split("-and-"))
                .filter(part -> part.startsWith(type == A ? "a-" : type == AAAA ? "aaaa-" : "none"))
                .map(part -> part.substring(part.indexOf('-') + 1))
                .map(type == A ? TalkativeDns::ipv4 : TalkativeDns::ipv6)
                .toList();
    }

    private static byte[] ipv4(String text) {
        return InetAddress.ofLiteral(text.replace('-', '.')).getAddress();
    }

    /// By hand: the JDK makes IPv4 of a mapped address.
    private static byte[] ipv6(String text) {
        var groups = text.split("-", -1);
        var address = ByteBuffer.allocate(16);
        int missing = 8 - groups.length;
        for (var group : groups) {
            address.putShort((short) Integer.parseInt(group, 16));
            if (group.equals("0") && missing > 0) {
                address.position(address.position() + 2 * missing);
                missing = 0;
            }
        }
        return address.array();
    }

    private static byte[] encoded(String name) {
        var bytes = new ByteArrayOutputStream();
        for (var label : name.split("\\.", -1)) {
            bytes.write(label.length());
            bytes.writeBytes(label.getBytes(US_ASCII));
        }
        bytes.write(0);
        return bytes.toByteArray();
    }

    private static byte[] record(byte[] name, int type, byte[] data) {
        return ByteBuffer.allocate(name.length + 10 + data.length)
                .put(name)
                .putShort((short) type)
                .putShort((short) 1)
                .putInt(0)
                .putShort((short) data.length)
                .put(data)
                .array();
    }

    @Override
    public void close() {
        socket.close();
    }
}
