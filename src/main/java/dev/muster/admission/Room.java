package dev.muster.admission;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/// So many bytes of memory, which callers take for their batches and give back.
///
/// Whoever holds more than an equal part leaves one to those that do not, or an eighth if that is more: it could leave
/// them nothing otherwise.
final class Room {

    private static final int EIGHTHS = 8;
    private static final int ANOTHER_AND_ME = 2;

    /// What became of an attempt to take some of it.
    enum Taking {
        TAKEN,
        /// There is too little left of the caller's part.
        PART_IS_FULL,
        /// There is too little left of what the caller may have of all.
        ROOM_IS_FULL
    }

    private final long bytes;
    private final IntSupplier callers;
    private final AtomicLong taken = new AtomicLong();
    /// Those that can wait until there is some.
    private final Turns<Waiting> waiting = new Turns<>(ArrayDeque::new);

    private final Rounds turns = new Rounds(this::tryAgain);

    /// @param take tries to take what is wanted, and tells whether it has it, or does not want it any more
    private record Waiting(String caller, BooleanSupplier take) {}

    /// @param callers how many callers there are at the moment
    Room(long bytes, IntSupplier callers) {
        this.bytes = bytes;
        this.callers = callers;
    }

    long bytes() {
        return bytes;
    }

    long taken() {
        return taken.get();
    }

    /// Has `take` try to take some now, or when there is more and it is the caller's turn.
    ///
    /// @param take tells whether it has it, or does not want it any more; it is asked again until it does
    void awaiting(String caller, BooleanSupplier take) {
        if (waiting.size() == 0 && take.getAsBoolean()) {
            return;
        }
        waiting.add(caller, new Waiting(caller, take));
        turns.another();
    }

    /// Has all that wait try again, each once.
    private void tryAgain() {
        List<Waiting> inVain = new ArrayList<>();
        for (Waiting next = waiting.next(); next != null; next = waiting.next()) {
            if (!next.take().getAsBoolean()) {
                inVain.add(next);
            }
        }
        inVain.forEach(next -> waiting.add(next.caller(), next));
    }

    /// What each of so many callers may have of `whole`; one that is alone shares it with whoever comes next.
    static long equalPart(long whole, int callers) {
        return whole / Math.max(ANOTHER_AND_ME, callers);
    }

    /// The part of a caller that may have at most so much of it.
    ///
    /// @param alone whether nothing is kept from it for others
    Part part(long most, boolean alone) {
        return new Part(Math.min(most, bytes), alone);
    }

    /// What one caller has of the room.
    final class Part {

        private final long most;
        private final boolean alone;
        private final AtomicLong own = new AtomicLong();

        private Part(long most, boolean alone) {
            this.most = most;
            this.alone = alone;
        }

        /// The most that it can be.
        long most() {
            return most;
        }

        long taken() {
            return own.get();
        }

        Taking tryTake(long more) {
            long mine = own.addAndGet(more);
            if (mine > most) {
                own.addAndGet(-more);
                return alone ? Taking.ROOM_IS_FULL : Taking.PART_IS_FULL;
            }
            if (taken.addAndGet(more) > limit(mine)) {
                taken.addAndGet(-more);
                own.addAndGet(-more);
                return Taking.ROOM_IS_FULL;
            }
            return Taking.TAKEN;
        }

        void giveBack(long less) {
            taken.addAndGet(-less);
            own.addAndGet(-less);
            if (waiting.size() > 0) {
                turns.another();
            }
        }

        /// Takes so much if half of all, and of what the caller may have, is left: for those that can wait, so that
        /// there is some for those that cannot.
        boolean tryTakeSpare(long more) {
            return taken.get() + more <= bytes / 2 && own.get() + more <= most / 2 && tryTake(more) == Taking.TAKEN;
        }

        /// Whether it is no more than an equal part with so much more; never if nothing is kept from it for others.
        boolean isModestWith(long more) {
            return !alone && isEqualPart(own.get() + more);
        }

        /// How much may be taken of all by one that has `mine` of it.
        private long limit(long mine) {
            return alone || isEqualPart(mine) ? bytes : bytes - kept();
        }
    }

    private boolean isEqualPart(long mine) {
        return mine <= equalPart(bytes, callers.getAsInt());
    }

    private long kept() {
        int parts = callers.getAsInt();
        return bytes / (parts < ANOTHER_AND_ME ? EIGHTHS : Math.min(parts, EIGHTHS));
    }
}
