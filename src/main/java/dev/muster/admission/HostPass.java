package dev.muster.admission;

/// The way of one call through the limits of its host. To be [ended][#end] whatever becomes of the call.
public final class HostPass {

    /// Where it is, guarded by its gate.
    enum State {
        NEW,
        WAITING,
        THROUGH,
        BEGUN,
        ENDED
    }

    private final String caller;
    private final HostGate gate;
    private final Runnable afterEnd;
    private volatile State state = State.NEW;
    private Runnable begin = () -> {};

    /// @param afterEnd run once, when it has ended
    HostPass(String caller, HostGate gate, Runnable afterEnd) {
        this.caller = caller;
        this.gate = gate;
        this.afterEnd = afterEnd;
    }

    /// Runs `begin` when the host may be asked: now, or on whichever thread makes that so. To be called once.
    public void enter(Runnable begin) {
        this.begin = begin;
        gate.enter(this);
    }

    /// The call has begun: from now on the time until the host's next one counts.
    public void begun() {
        gate.begun(this);
    }

    /// The call has ended, or is not wanted any more. More than once is as once.
    public void end() {
        if (gate.end(this)) {
            afterEnd.run();
        }
    }

    /// Whether the host may not be asked yet.
    public boolean isWaiting() {
        return state == State.WAITING;
    }

    String caller() {
        return caller;
    }

    State state() {
        return state;
    }

    void become(State next) {
        state = next;
    }

    void through() {
        begin.run();
    }
}
