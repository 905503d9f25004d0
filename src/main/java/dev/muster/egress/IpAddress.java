package dev.muster.egress;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An IP address as 128 bits. IPv4 is held in its mapped form (`::ffff:a.b.c.d`), so that an IPv4 address and the
/// same address in mapped spelling are one value: that is where they connect to.
///
/// @param high the first 64 bits
/// @param low the last 64 bits
record IpAddress(long high, long low) {

    private static final long MAPPED_IPV4 = 0xffffL;
    private static final CidrBlock NAT64 = new CidrBlock(new IpAddress(0x0064_ff9b_0000_0000L, 0), 96);
    private static final CidrBlock LOCAL_NAT64 = new CidrBlock(new IpAddress(0x0064_ff9b_0001_0000L, 0), 48);
    private static final CidrBlock SIX_TO_FOUR = new CidrBlock(new IpAddress(0x2002_0000_0000_0000L, 0), 16);
    private static final CidrBlock TEREDO = new CidrBlock(new IpAddress(0x2001_0000_0000_0000L, 0), 32);
    /// The first half of an interface identifier of ISATAP (RFC 5214), without its universal and group bits.
    private static final long ISATAP = 0x0000_5efeL;

    static IpAddress of(InetAddress address) {
        return of(address.getAddress());
    }

    /// The address that `text` spells, or null when it spells none, or one that another parser reads differently:
    /// `010.0.0.1` is 10.0.0.1 to some and 8.0.0.1 to others; `::8.8.8.8` is mapped to Netty, compatible to others.
    /// The parser is the one Reactor Netty reads a URL's host with, so that both see the same address.
    static @Nullable IpAddress parse(String text) {
        if (text.indexOf('%') >= 0 || text.startsWith("[") || isAmbiguousIpv6(text)) {
            return null;
        }
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        if (bytes == null
                || (bytes.length == 4 && !NetUtil.bytesToIpAddress(bytes).equals(text))) {
            return null;
        }
        return of(bytes);
    }

    boolean isIpv4() {
        return high == 0 && low >>> 32 == MAPPED_IPV4;
    }

    /// The IPv4 address that a NAT64 gateway translates this one to (RFC 6052), else this address.
    IpAddress translated() {
        return NAT64.contains(this) ? ofIpv4((int) low) : this;
    }

    /// The IPv4 addresses that a translator or a tunnel may take this one for; none where it is IPv4 itself.
    List<IpAddress> embedded() {
        if (isIpv4()) {
            return List.of();
        }
        if (SIX_TO_FOUR.contains(this)) {
            return List.of(ofIpv4((int) (high >>> 16)));
        }
        if (TEREDO.contains(this)) {
            // The server as it is, the client with every bit turned over.
            return List.of(ofIpv4((int) high), ofIpv4((int) ~low));
        }
        if (LOCAL_NAT64.contains(this)) {
            // A prefix of that block may be as short as itself, and then bits 64 to 71 are left out (RFC
            // 6052).
            int shortest = (int) (high << 16) | ((int) (low >>> 40) & 0xffff);
            return List.of(ofIpv4((int) low), ofIpv4(shortest));
        }
        boolean tail = NAT64.contains(this) || high == 0 || (low >>> 32 & ~0x0300_0000L) == ISATAP;
        return tail ? List.of(ofIpv4((int) low)) : List.of();
    }

    InetAddress toInetAddress() {
        byte[] bytes = isIpv4()
                ? ByteBuffer.allocate(4).putInt((int) low).array()
                : ByteBuffer.allocate(16).putLong(high).putLong(low).array();
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address has 4 or 16 bytes", impossible);
        }
    }

    /// The canonical text: a dotted quad or RFC 5952.
    @Override
    public String toString() {
        return isIpv4()
                ? NetUtil.intToIpAddress((int) low)
                : NetUtil.bytesToIpAddress(
                        ByteBuffer.allocate(16).putLong(high).putLong(low).array());
    }

    private static IpAddress of(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return bytes.length == 4 ? ofIpv4(buffer.getInt()) : new IpAddress(buffer.getLong(), buffer.getLong());
    }

    private static IpAddress ofIpv4(int bits) {
        return new IpAddress(0, MAPPED_IPV4 << 32 | Integer.toUnsignedLong(bits));
    }

    private static boolean isAmbiguousIpv6(String text) {
        return text.indexOf(':') >= 0 && text.indexOf('.') >= 0 && !text.regionMatches(true, 0, "::ffff:", 0, 7);
    }
}
