package dev.muster.egress;

import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverException;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/// A question that is asked again while no answer comes: what was lost costs the wait before the next time, not the
/// whole time that a server is given. The first answer counts, whichever it answers. Netty's resolver asks a server
/// once (netty#6479).
///
/// Confined to its event loop.
final class Lookup<T> {

    /// How long each time is waited before the next.
    private static final long[] WAITS_MILLIS = {250, 500};

    static final int TIMES = WAITS_MILLIS.length + 1;

    private final EventExecutor executor;
    private final IntFunction<Future<T>> question;
    private final Promise<T> answer;
    private final long startedNanos;
    private int unanswered;

    /// @param question asks it, given how many times it was asked before
    Lookup(EventExecutor executor, IntFunction<Future<T>> question) {
        this.executor = executor;
        this.question = question;
        this.answer = executor.newPromise();
        this.startedNanos = executor.ticker().nanoTime();
    }

    /// Starts it.
    Future<T> ask() {
        ask(0);
        return answer;
    }

    Future<T> answer() {
        return answer;
    }

    /// Whether whoever asks now is as well off with its answer as with one to a question of their own.
    boolean isFresh() {
        return executor.ticker().nanoTime() - startedNanos < TimeUnit.MILLISECONDS.toNanos(WAITS_MILLIS[0]);
    }

    private void ask(int time) {
        var _ = question.apply(time).addListener((FutureListener<T>) this::answered);
        if (time < WAITS_MILLIS.length && !answer.isDone()) {
            var next = executor.schedule(() -> ask(time + 1), WAITS_MILLIS[time], TimeUnit.MILLISECONDS);
            var _ = answer.addListener(_ -> next.cancel(false));
        }
    }

    private void answered(Future<T> answered) {
        if (answered.isSuccess()) {
            answer.trySuccess(answered.getNow());
        } else if (!isUnanswered(answered.cause()) || ++unanswered == TIMES) {
            answer.tryFailure(answered.cause());
        }
    }

    private static boolean isUnanswered(Throwable cause) {
        return cause instanceof DnsNameResolverException || DnsNameResolver.isTransportOrTimeoutError(cause);
    }
}
