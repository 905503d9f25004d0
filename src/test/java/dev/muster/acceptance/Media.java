package dev.muster.acceptance;

/// The ways a batch can be answered.
public enum Media {
    JSON("application/json"),
    SSE("text/event-stream"),
    NDJSON("application/x-ndjson");

    private final String type;

    Media(String type) {
        this.type = type;
    }

    String type() {
        return type;
    }

    boolean streams() {
        return this != JSON;
    }
}
