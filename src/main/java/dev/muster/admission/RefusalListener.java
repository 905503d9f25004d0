package dev.muster.admission;

/// Hears of batches that are refused, on event loops and timers: it must neither block nor throw.
@FunctionalInterface
public interface RefusalListener {

    /// A batch of `principal` was refused before anything of it was started.
    void refused(BatchRefusedException refusal, String principal);
}
