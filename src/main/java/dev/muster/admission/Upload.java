package dev.muster.admission;

import dev.muster.request.BatchTooLargeException;
import dev.muster.request.DocumentMemory;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import reactor.core.Disposable;

/// A batch that has come and is to be read. It takes memory for its document as that arrives, and for what is read from
/// it. The run that it becomes keeps the latter; all else is given back when the document is read, or when this is
/// disposed of.
///
/// Documents on their way may hold but a part of the memory of all batches, as a client may take its time to send one.
/// The first bytes of each are not counted there, so that small documents come in beside slow large ones.
public final class Upload implements DocumentMemory, Disposable {

    private static final int SMALL = 16 << 10;

    private final String principal;
    private final Caller caller;
    private final Pacer.Lines lines;
    private final RefusalListener listener;
    /// What is kept of the document when it is read.
    private final BatchMemory memory;
    /// The document itself, and what counts of it as on its way.
    private final BatchMemory document;
    private final BatchMemory onItsWay;
    private final AtomicBoolean disposed = new AtomicBoolean();

    Upload(String principal, Caller caller, Pacer.Lines lines, RefusalListener listener) {
        this.principal = principal;
        this.caller = caller;
        this.lines = lines;
        this.listener = listener;
        this.memory = new BatchMemory(caller.memory());
        this.document = new BatchMemory(caller.memory());
        this.onItsWay = new BatchMemory(caller.uploads());
    }

    /// Takes memory for `bytes` more of the document.
    ///
    /// @throws BatchTooLargeException if there never will be room for it
    /// @throws RateLimitedException   if its caller has used up its part
    /// @throws OverloadedException    if all of them together have
    public void arrives(int bytes) {
        long before = document.held();
        refuseWhatNeverFits(bytes, caller.memory().most());
        refuseUnlessTaken(document, bytes);
        long large = Math.max(0, before + bytes - SMALL) - Math.max(0, before - SMALL);
        if (large > 0) {
            refuseWhatNeverFits(0, caller.uploads().most() + SMALL);
            refuseUnlessTaken(onItsWay, large);
        }
    }

    /// @throws BatchTooLargeException if there never will be room for it
    /// @throws RateLimitedException   if its caller has used up its part
    /// @throws OverloadedException    if all of them together have
    @Override
    public void take(long bytes) {
        refuseWhatNeverFits(bytes, caller.memory().most());
        refuseUnlessTaken(memory, bytes);
    }

    private void refuseWhatNeverFits(long more, long most) {
        // There is no batch without a call.
        if (memory.held() + document.held() + more + Admission.BYTES_PER_CALL > most) {
            throw new BatchTooLargeException(
                    "a batch of this caller takes at most %d bytes of memory to be read".formatted(most));
        }
    }

    private void refuseUnlessTaken(BatchMemory from, long bytes) {
        try {
            from.takeOrRefuse(bytes);
        } catch (BatchRefusedException refusal) {
            listener.refused(refusal, principal);
            throw refusal;
        }
    }

    /// Has the document read when it is the caller's turn.
    ///
    /// @param read tells whether it is read: `false` from what is refused, or no longer wanted
    public void enter(BooleanSupplier read) {
        lines.batches().enter(principal, read);
    }

    /// The event loop that the batch came on.
    public Executor loop() {
        return lines.loop();
    }

    Pacer.Lines lines() {
        return lines;
    }

    Caller caller() {
        return caller;
    }

    BatchMemory memory() {
        return memory;
    }

    /// The document has been read, and is no longer there.
    void isRead() {
        document.release();
        onItsWay.release();
    }

    @Override
    public void dispose() {
        if (disposed.compareAndSet(false, true)) {
            isRead();
            memory.release();
        }
    }

    @Override
    public boolean isDisposed() {
        return disposed.get();
    }
}
