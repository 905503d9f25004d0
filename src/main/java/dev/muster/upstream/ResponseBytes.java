package dev.muster.upstream;

import dev.muster.outcome.UpstreamResponse;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What one response has taken of its batch's bytes, from the first line of its head on. It is given back unless the
/// response is kept.
///
/// The event loop of its connection writes it.
public final class ResponseBytes {

    static final int MOST_HEADERS = 200;

    /// What a header line takes besides its characters.
    static final int PER_HEADER = 64;

    /// Lines are paid for in lots, as most are short.
    private static final int LOT = 1_024;

    private final ByteBudget budget;
    private @Nullable HeadersOfResponse counted;
    private int unpaid;
    private int head;
    private int body;
    private boolean settled;

    ResponseBytes(ByteBudget budget) {
        this.budget = budget;
    }

    /// How many bytes of its batch `response` takes, its head included.
    public static int of(UpstreamResponse response) {
        int bytes = response.body().length;
        for (Map.Entry<String, List<String>> named : response.headers().entrySet()) {
            for (String value : named.getValue()) {
                bytes += PER_HEADER + named.getKey().length() + value.length();
            }
        }
        return bytes;
    }

    /// How many bytes the lines of `headers` take.
    private static int of(HttpHeaders headers) {
        int bytes = 0;
        var lines = headers.iteratorCharSequence();
        while (lines.hasNext()) {
            Map.Entry<CharSequence, CharSequence> line = lines.next();
            bytes += PER_HEADER + line.getKey().length() + line.getValue().length();
        }
        return bytes;
    }

    /// @throws ProtocolException if a response may not have so many header lines
    static void requireFew(int lines) {
        if (lines > MOST_HEADERS) {
            throw new ProtocolException("the response has more than %d header lines".formatted(MOST_HEADERS));
        }
    }

    /// Begins another head, which pays while it comes. Of one before it, an interim one, nothing is kept.
    void newHead(HeadersOfResponse coming) {
        budget.giveBack(head);
        head = 0;
        unpaid = 0;
        counted = coming;
    }

    /// @throws ResponseTooLargeException if it does not fit into what is left for the batch
    void line(CharSequence name, Object value) {
        unpaid += PER_HEADER + name.length() + (value instanceof CharSequence text ? text.length() : 0);
        if (unpaid >= LOT) {
            pay();
        }
    }

    private void pay() {
        if (!settled) {
            budget.take(unpaid);
            head += unpaid;
            unpaid = 0;
        }
    }

    /// Notes that `head` is complete.
    ///
    /// @throws ResponseTooLargeException if it does not fit into what is left for the batch
    /// @throws ProtocolException         if it has too many lines
    void headIsComplete(HttpHeaders complete) {
        if (counted == null) {
            // An HTTP/2 stream gives them all at once.
            requireFew(complete.size());
            unpaid = of(complete);
        } else {
            counted.isComplete();
            counted = null;
        }
        pay();
    }

    /// @throws ResponseTooLargeException if less than that is left for the batch
    void body(int bytes) {
        budget.take(bytes);
        body += bytes;
    }

    /// Notes that the response is kept.
    ///
    /// @return how many bytes it takes
    int kept() {
        settled = true;
        return head + body;
    }

    /// Gives back what the batch has paid, unless the response was kept.
    void end() {
        if (!settled) {
            settled = true;
            budget.giveBack(head + body);
        }
    }
}
