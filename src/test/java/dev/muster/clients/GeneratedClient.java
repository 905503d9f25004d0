package dev.muster.clients;

/// What a client that a generator made of the OpenAPI document has to be able to do, against the simulator of profile
/// `demo`. Each method fails with an `AssertionError` if it does not. Written in `src/test/clients`, with what the
/// generator makes, and compiled by [GeneratedClientsTest].
public interface GeneratedClient {

    void runsEveryStrategy() throws Exception;

    void decodesWhatIsLate() throws Exception;

    void decodesWhatHasFailed() throws Exception;

    void decodesFaults() throws Exception;

    void readsStreams() throws Exception;
}
