package dev.muster.upstream;

import dev.muster.service.Service;
import io.netty.handler.ssl.SslContextBuilder;

/// The certificates that services are spoken to with.
public interface ServiceTls {

    /// The JVM's trust store for every service, and no certificate of Muster's own.
    ServiceTls OF_JVM = new ServiceTls() {
        @Override
        public void configure(Service service, SslContextBuilder builder) {
            // a builder is set up so already
        }

        @Override
        public void onChange(Service service, Runnable changed) {
            // they do not change
        }
    };

    /// Sets `builder` up with what `service` is to be spoken to with now.
    void configure(Service service, SslContextBuilder builder);

    /// Lets `changed` be run whenever that has changed.
    void onChange(Service service, Runnable changed);
}
