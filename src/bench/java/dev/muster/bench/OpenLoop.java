package dev.muster.bench;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Open-loop load: requests are due at moments that do not depend on the answers (a Poisson process), and a request's
/// latency counts from when it was due. A server that stalls is charged for everyone who would have come meanwhile,
/// which is what a closed loop leaves out (coordinated omission).
final class OpenLoop {

    private static final long SEED = 20_260_101;

    private final Client client;

    OpenLoop(Client client) {
        this.client = client;
    }

    /// What became of one request.
    ///
    /// @param millis from when it was due
    /// @param answer `null` if there was none
    record Shot(double millis, Client.@Nullable Answer answer) {

        boolean succeeded() {
            return answer != null && answer.status() == 200;
        }
    }

    /// Sends `document` at `rate` per second for so many seconds, and waits for every answer.
    List<Shot> run(URI target, byte[] document, double rate, int seconds) throws InterruptedException {
        var random = new SplittableRandom(SEED);
        Queue<Shot> shots = new ConcurrentLinkedQueue<>();
        int requests = (int) (rate * seconds);
        var left = new CountDownLatch(requests);
        long due = System.nanoTime();
        for (int i = 0; i < requests; i++) {
            due += (long) (random.nextExponential() / rate * 1e9);
            awaitMoment(due);
            fire(target, document, due, shots, left);
        }
        if (!left.await(2, TimeUnit.MINUTES)) {
            throw new IllegalStateException(left.getCount() + " requests have no answer");
        }
        return new ArrayList<>(shots);
    }

    private void fire(URI target, byte[] document, long due, Queue<Shot> shots, CountDownLatch left) {
        client.post(target, document)
                .doFinally(_ -> left.countDown())
                .subscribe(
                        answer -> shots.add(new Shot(millisSince(due), answer)),
                        _ -> shots.add(new Shot(millisSince(due), null)));
    }

    private static double millisSince(long moment) {
        return (System.nanoTime() - moment) / 1e6;
    }

    private static void awaitMoment(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
