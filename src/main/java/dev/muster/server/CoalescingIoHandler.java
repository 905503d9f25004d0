package dev.muster.server;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the kernel what a channel waits for once in a turn of the event loop, and only where that has changed since.
///
/// Reactor Netty stops reading between two calls of a connection and begins again within the same turn: without this,
/// two system calls (`epoll_ctl`) for each call. Nothing is missed, as the kernel is told before it is waited for, and
/// Netty 4.2 has it report what is there and not only what is new. `muster.transport.coalesce` turns it off.
final class CoalescingIoHandler implements IoHandler {

    private static final Logger log = LoggerFactory.getLogger(CoalescingIoHandler.class);

    private final IoHandler delegate;
    private final ThreadAwareExecutor loop;
    private final List<Registration> changed = new ArrayList<>();

    private CoalescingIoHandler(IoHandler delegate, ThreadAwareExecutor loop) {
        this.delegate = delegate;
        this.loop = loop;
    }

    /// Has the handlers of `factory` told once in a turn.
    static IoHandlerFactory of(IoHandlerFactory factory) {
        return loop -> new CoalescingIoHandler(factory.newHandler(loop), loop);
    }

    @Override
    public void initialize() {
        delegate.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
        // Telling may close a channel, and that make others want something: they come behind it in the list.
        for (int i = 0; i < changed.size(); i++) {
            changed.get(i).tell();
        }
        changed.clear();
        return delegate.run(context);
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return new Registration(handle, delegate.register(handle));
    }

    @Override
    public void wakeup() {
        delegate.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return delegate.isCompatible(handleType);
    }

    @Override
    public void prepareToDestroy() {
        delegate.prepareToDestroy();
    }

    @Override
    public void destroy() {
        delegate.destroy();
    }

    private final class Registration implements IoRegistration {

        private final IoHandle handle;
        private final IoRegistration delegate;
        private @Nullable IoOps told;
        /// What is to be told at the end of the turn, or `null` if nothing was asked for in it.
        private @Nullable IoOps wanted;

        Registration(IoHandle handle, IoRegistration delegate) {
            this.handle = handle;
            this.delegate = delegate;
        }

        @Override
        public long submit(IoOps ops) {
            if (!loop.isExecutorThread(Thread.currentThread())) {
                loop.execute(() -> submit(ops));
                return 0;
            }
            if (wanted == null) {
                changed.add(this);
            }
            wanted = ops;
            return 0;
        }

        private void tell() {
            IoOps ops = wanted;
            wanted = null;
            if (ops == null || ops.equals(told) || !isValid()) {
                return;
            }
            try {
                var _ = delegate.submit(ops);
                told = ops;
            } catch (UncheckedIOException failure) {
                log.debug("{} is closed, as the kernel does not know it", handle, failure);
                close();
            }
        }

        private void close() {
            try {
                handle.close();
            } catch (Exception failure) {
                log.debug("{} could not be closed", handle, failure);
            }
        }

        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals")
        public <T> T attachment() {
            return delegate.attachment();
        }

        @Override
        public boolean isValid() {
            return delegate.isValid();
        }

        @Override
        public boolean cancel() {
            return delegate.cancel();
        }
    }
}
