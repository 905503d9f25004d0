package dev.muster.request;

/// Whoever has to know how much of the heap a document takes while it is read.
///
/// The bytes of the document itself are not among what is told: they are there before it is read, and nothing of what
/// is read keeps them.
@FunctionalInterface
public interface DocumentMemory {

    /// For documents that are Muster's own.
    DocumentMemory UNCOUNTED = _ -> {};

    /// Is told that `bytes` more are about to be kept. It may throw: then reading ends there, with what it threw.
    void take(long bytes);
}
