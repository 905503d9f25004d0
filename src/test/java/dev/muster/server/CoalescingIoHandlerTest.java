package dev.muster.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoOps;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class CoalescingIoHandlerTest {

    private static final IoOps READ = NioIoOps.READ;
    private static final IoOps WRITE = NioIoOps.WRITE;
    private static final IoOps NONE = NioIoOps.NONE;

    private final Kernel kernel = new Kernel();
    private final Loop loop = new Loop();
    private final Handle handle = new Handle();
    private final IoHandler handler =
            CoalescingIoHandler.of((IoHandlerFactory) _ -> kernel).newHandler(loop);

    private final IoRegistration registration = register();

    private IoRegistration register() {
        try {
            return handler.register(handle);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void turn() {
        handler.run(new Context());
    }

    private void submit(IoOps ops) {
        registration.submit(ops);
    }

    @Test
    void tellsTheLastOfATurnOnceBeforeItWaits() {
        submit(READ);
        submit(WRITE);
        assertThat(kernel.told).isEmpty();

        turn();
        turn();

        assertThat(kernel.told).containsExactly(WRITE);
        assertThat(kernel.toldWhenItWaited).containsExactly(1, 1);
    }

    @Test
    void tellsNothingOfWhatIsAsItWas() {
        submit(READ);
        turn();

        submit(NONE);
        submit(READ);
        turn();

        assertThat(kernel.told).containsExactly(READ);
    }

    @Test
    void tellsOfAChangeThatLastsLongerThanATurn() {
        submit(READ);
        turn();
        submit(NONE);
        turn();
        submit(READ);
        turn();

        assertThat(kernel.told).containsExactly(READ, NONE, READ);
    }

    @Test
    void tellsNothingOfAChannelThatIsGone() {
        submit(READ);
        registration.cancel();
        turn();

        assertThat(kernel.told).isEmpty();
    }

    @Test
    void takesWhatAnotherThreadWantsInItsTurn() {
        loop.inside = false;
        submit(READ);
        loop.inside = true;
        turn();
        assertThat(kernel.told).isEmpty();

        loop.runTasks();
        turn();

        assertThat(kernel.told).containsExactly(READ);
    }

    @Test
    void closesAChannelThatTheKernelDoesNotKnow() throws Exception {
        kernel.fails = true;
        submit(READ);
        turn();

        assertThat(handle.closed).isTrue();
        assertThat(kernel.toldWhenItWaited).hasSize(1);
    }

    /// Closing one connection hands its place to another, which then wants something, too.
    @Test
    void tellsWhatIsWantedBecauseAnotherChannelWasClosed() {
        var other = register();
        handle.whenClosed = () -> {
            kernel.fails = false;
            other.submit(WRITE);
        };
        kernel.fails = true;
        submit(READ);

        turn();

        assertThat(kernel.told).containsExactly(WRITE);
        assertThat(kernel.toldWhenItWaited).containsExactly(1);
    }

    private static final class Kernel implements IoHandler {

        private final List<IoOps> told = new ArrayList<>();
        private final List<Integer> toldWhenItWaited = new ArrayList<>();
        private boolean fails;

        @Override
        public int run(IoHandlerContext context) {
            toldWhenItWaited.add(told.size());
            return 0;
        }

        @Override
        public IoRegistration register(IoHandle handle) {
            return new IoRegistration() {

                private boolean valid = true;

                @Override
                @SuppressWarnings({"TypeParameterUnusedInFormals", "unchecked"})
                public <T> T attachment() {
                    return (T) Kernel.this;
                }

                @Override
                public long submit(IoOps ops) {
                    if (fails) {
                        throw new UncheckedIOException(new IOException("no such descriptor"));
                    }
                    told.add(ops);
                    return 0;
                }

                @Override
                public boolean isValid() {
                    return valid;
                }

                @Override
                public boolean cancel() {
                    valid = false;
                    return true;
                }
            };
        }

        @Override
        public void wakeup() {}

        @Override
        public boolean isCompatible(Class<? extends IoHandle> handleType) {
            return true;
        }
    }

    private static final class Loop implements ThreadAwareExecutor {

        private final Queue<Runnable> tasks = new ArrayDeque<>();
        private boolean inside = true;

        @Override
        public boolean isExecutorThread(Thread thread) {
            return inside;
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        void runTasks() {
            tasks.forEach(Runnable::run);
        }
    }

    private static final class Handle implements IoHandle {

        private boolean closed;
        private Runnable whenClosed = () -> {};

        @Override
        public void handle(IoRegistration registration, io.netty.channel.IoEvent event) {}

        @Override
        public void close() {
            closed = true;
            whenClosed.run();
        }
    }

    private static final class Context implements IoHandlerContext {

        @Override
        public boolean canBlock() {
            return false;
        }

        @Override
        public long delayNanos(long currentTimeNanos) {
            return 0;
        }

        @Override
        public long deadlineNanos() {
            return -1;
        }
    }
}
