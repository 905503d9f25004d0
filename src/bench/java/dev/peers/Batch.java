package dev.peers;

import java.util.List;
import tools.jackson.databind.JsonNode;

/// The document that every aggregator is sent, as far as a peer reads it.
record Batch(List<Call> requests) {

    record Call(String service, String path) {}

    /// What every aggregator answers, as far as a peer can.
    record Answer(List<Result> results) {}

    record Result(int status, JsonNode body) {}
}
