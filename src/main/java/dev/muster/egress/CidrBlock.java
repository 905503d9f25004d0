package dev.muster.egress;

/// A block of addresses. An IPv6 block holds no IPv4 address: `::/0` is all of IPv6 and nothing else.
///
/// @param network the first address of the block
/// @param prefix how many of the 128 bits are fixed; 96 more than written where the block is IPv4
record CidrBlock(IpAddress network, int prefix) {

    /// Reads `address/prefix`.
    ///
    /// @throws IllegalArgumentException when it is no such block, with a message that says why
    static CidrBlock parse(String text) {
        int slash = text.indexOf('/');
        IpAddress network = slash < 0 ? null : IpAddress.parse(text.substring(0, slash));
        if (network == null) {
            throw new IllegalArgumentException("a CIDR block is an IPv4 or IPv6 address, a slash and a prefix");
        }
        int bits = text.indexOf(':') < 0 ? 32 : 128;
        int prefix = prefix(text.substring(slash + 1), bits);
        CidrBlock block = new CidrBlock(network, 128 - bits + prefix);
        if (!block.first().equals(network)) {
            throw new IllegalArgumentException(
                    "bits are set beyond the prefix, the block is " + block.first() + '/' + prefix);
        }
        return block;
    }

    /// The block of one address.
    static CidrBlock of(IpAddress address) {
        return new CidrBlock(address, 128);
    }

    boolean contains(IpAddress address) {
        return address.isIpv4() == network.isIpv4()
                && ((address.high() ^ network.high()) & mask(prefix)) == 0
                && ((address.low() ^ network.low()) & mask(prefix - 64)) == 0;
    }

    private IpAddress first() {
        return new IpAddress(network.high() & mask(prefix), network.low() & mask(prefix - 64));
    }

    private static int prefix(String digits, int bits) {
        if (!digits.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(digits) > bits) {
            throw new IllegalArgumentException("the prefix is a number from 0 to " + bits);
        }
        return Integer.parseInt(digits);
    }

    // A shift by 64 is a shift by 0, so both ends are cases of their own.
    private static long mask(int bits) {
        if (bits <= 0) {
            return 0;
        }
        return bits >= 64 ? -1L : -1L << (64 - bits);
    }
}
