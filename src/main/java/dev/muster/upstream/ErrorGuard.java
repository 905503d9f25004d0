package dev.muster.upstream;

import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/// Signals each [Error] of its source as an [OwnLimitException], whether the source signals or throws it. Reactor
/// throws those of the JVM past whoever waits, who would hear of nothing.
final class ErrorGuard<T> extends Mono<T> {

    private final Publisher<T> source;

    ErrorGuard(Publisher<T> source) {
        this.source = source;
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        var guarded = new Guarded<T>(actual);
        try {
            source.subscribe(guarded);
        } catch (Error error) {
            guarded.threw(error);
        }
    }

    private static final class Guarded<T> implements CoreSubscriber<T> {

        private final CoreSubscriber<? super T> actual;
        private boolean subscribed;
        private boolean done;

        Guarded(CoreSubscriber<? super T> actual) {
            this.actual = actual;
        }

        @Override
        public Context currentContext() {
            return actual.currentContext();
        }

        @Override
        public void onSubscribe(Subscription s) {
            subscribed = true;
            actual.onSubscribe(s);
        }

        @Override
        public void onNext(T value) {
            actual.onNext(value);
        }

        @Override
        public void onError(Throwable failure) {
            if (!done) {
                done = true;
                actual.onError(failure instanceof Error ? new OwnLimitException(failure) : failure);
            }
        }

        @Override
        public void onComplete() {
            if (!done) {
                done = true;
                actual.onComplete();
            }
        }

        void threw(Error error) {
            if (subscribed) {
                onError(error);
            } else {
                Operators.error(actual, new OwnLimitException(error));
            }
        }
    }
}
