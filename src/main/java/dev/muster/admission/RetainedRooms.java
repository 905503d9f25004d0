package dev.muster.admission;

import java.util.function.IntSupplier;

/// Room for batches that outlive their request, and for those who follow them.
final class RetainedRooms {

    private final Room batches;
    private final Room calls;
    private final Room bytes;
    private final Room followers;

    /// @param callers how many callers there are at the moment
    RetainedRooms(RetainedLimits limits, IntSupplier callers) {
        this.batches = new Room(limits.batches(), callers);
        this.calls = new Room(limits.calls(), callers);
        this.bytes = new Room(limits.bytes(), callers);
        this.followers = new Room(limits.followers(), callers);
    }

    /// What one caller has of them.
    record Share(Room.Part batches, Room.Part calls, Room.Part bytes, Room.Part followers) {}

    /// The parts of a caller that may have such a share, but one batch and one follower at least.
    Share share(double share) {
        return new Share(part(batches, share), part(calls, share), part(bytes, share), part(followers, share));
    }

    private static Room.Part part(Room room, double share) {
        return room.part(Math.max(1, (long) (room.bytes() * share)), share == 1);
    }

    RetainedLoad load() {
        return new RetainedLoad(batches.taken(), calls.taken(), bytes.taken(), bytes.bytes(), followers.taken());
    }
}
