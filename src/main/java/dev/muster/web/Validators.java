package dev.muster.web;

import dev.muster.cache.AnswerLifetime;
import dev.muster.outcome.CallOutcome;
import dev.muster.plan.BatchPlan;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// By which a client and caches know whether an answer that they have is still the one.
///
/// @param tag          a weak entity tag, of what upstreams answered: ids and times differ each time. Absent where
/// nobody
///                     may keep the answer
/// @param cacheControl for how long it may be used without asking
record Validators(@Nullable String tag, String cacheControl) {

    private static final Validators NONE = new Validators(null, "no-store");

    /// Those of the answer to `plan` with these `results`.
    ///
    /// @param complete whether the batch has come to what it was to
    static Validators of(BatchPlan plan, List<CallOutcome> results, boolean complete) {
        AnswerLifetime lifetime = AnswerLifetime.LONGEST;
        MessageDigest digest = sha256();
        for (CallOutcome outcome : results) {
            if (outcome instanceof CallOutcome.Succeeded succeeded) {
                String method = outcome.call().message().method();
                lifetime = lifetime.with(succeeded.response().headers());
                lifetime = method.equals("GET") || method.equals("HEAD") ? lifetime : lifetime.unusable();
                String head = "%s %d %s\n%d\n"
                        .formatted(
                                outcome.id(),
                                succeeded.response().status(),
                                succeeded.response().header("content-type"),
                                succeeded.response().body().length);
                digest.update(head.getBytes(StandardCharsets.UTF_8));
                digest.update(ByteBuffer.wrap(succeeded.response().body()));
            }
        }
        if (!complete || !lifetime.isStored()) {
            return NONE;
        }
        // Caches between do not know by which header a caller says who it is.
        boolean shared = plan.principal().equals(BatchPlan.ANONYMOUS) && !lifetime.isPrivate();
        return new Validators(
                "W/\"%s\"".formatted(HexFormat.of().formatHex(digest.digest(), 0, 16)),
                "%smax-age=%d"
                        .formatted(shared ? "" : "private, ", lifetime.maxAge().toSeconds()));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    /// Whether one of the tags of `If-None-Match` is this one (RFC 9110, section 13.1.2).
    boolean isAmong(List<String> lines) {
        return tag != null
                && lines.stream()
                        .flatMap(line -> List.of(line.split(",")).stream())
                        .map(String::strip)
                        .anyMatch(given -> given.equals("*") || tag.equals(given) || tag.equals("W/" + given));
    }
}
