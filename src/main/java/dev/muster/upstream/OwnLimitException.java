package dev.muster.upstream;

/// An exchange ended for a reason that lies in this instance and not in its upstream.
///
/// It also carries an [Error] through Reactor, which throws most errors instead of signalling them: past whoever waits
/// for them, and through loops of a connection pool that never turn again.
final class OwnLimitException extends RuntimeException {

    OwnLimitException(Throwable cause) {
        super(null, cause, false, false);
    }
}
