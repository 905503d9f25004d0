package dev.muster.bench;

/// A peer is not on this machine. The message says what is missing.
final class AbsentException extends Exception {

    private static final long serialVersionUID = 1;

    AbsentException(String missing) {
        super(missing);
    }
}
