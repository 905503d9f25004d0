package dev.muster.acceptance;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// The faulty upstream of the acceptance tests, for the benchmark's long run under faults.
public final class FaultServer {

    /// What waits for a test to say go, and what the URL of a test completes.
    private static final Set<Behaviour> SCRIPTED = Set.of(Behaviour.HOLD, Behaviour.REDIRECT_TO, Behaviour.UNKNOWN);

    private final FaultyUpstream upstream = FaultyUpstream.start();

    public URI base() {
        return URI.create(upstream.url(""));
    }

    /// A path for everything it can do by itself, the good and the bad.
    public static List<String> paths() {
        return Arrays.stream(Behaviour.values())
                .filter(behaviour -> !SCRIPTED.contains(behaviour))
                .map(Behaviour::path)
                .toList();
    }

    /// Calls that it has not answered yet.
    public int inFlight() {
        return upstream.inFlight();
    }

    public int mostInFlight() {
        return upstream.mostInFlight();
    }

    /// Drops its memory of what it has seen, which else grows with every call.
    public void forget() {
        upstream.forget();
    }
}
