package dev.muster.request;

/// What only a `wait` batch asks for.
///
/// @param returnWhen when it returns
/// @param pending    what happens to the calls that still run then
public record Waiting(ReturnWhen returnWhen, Pending pending) {

    /// Of a batch that says nothing of it.
    public static final Waiting FOR_ALL = new Waiting(ReturnWhen.ALL_COMPLETED, Pending.CANCEL);

    /// Whether calls run on when it returns.
    public boolean detaches() {
        return pending == Pending.DETACH;
    }
}
