package dev.muster.egress;

import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsSection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What a response to a question for addresses says of the aliases of its name.
///
/// @param names    what the name is an alias of, in order, each with its trailing dot
/// @param complete whether the last of them is none, as far as the response says
record Aliases(List<String> names, boolean complete) {

    static Aliases in(DnsResponse response, String name) {
        Map<String, String> targets = new HashMap<>();
        boolean addresses = false;
        for (int i = 0; i < response.count(DnsSection.ANSWER); i++) {
            DnsRecord record = response.recordAt(DnsSection.ANSWER, i);
            if (record.type().equals(DnsRecordType.CNAME) && record instanceof DnsRawRecord raw) {
                targets.put(
                        record.name().toLowerCase(Locale.ROOT),
                        DefaultDnsRecordDecoder.decodeName(raw.content().duplicate())
                                .toLowerCase(Locale.ROOT));
            } else {
                addresses |= record.type().equals(DnsRecordType.A);
            }
        }
        List<String> names = new ArrayList<>();
        for (String next = targets.remove(name.toLowerCase(Locale.ROOT)); next != null; next = targets.remove(next)) {
            names.add(next);
        }
        return new Aliases(names, addresses || names.isEmpty());
    }
}
