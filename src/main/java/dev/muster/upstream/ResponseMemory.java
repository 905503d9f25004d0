package dev.muster.upstream;

/// The memory that the responses of one batch are kept in until its answer has left.
public interface ResponseMemory {

    /// Takes room for `bytes` of a response, if there is any.
    ///
    /// @return whether there was
    boolean tryTake(int bytes);

    /// Gives the room of a response back that is not kept after all.
    void giveBack(int bytes);
}
