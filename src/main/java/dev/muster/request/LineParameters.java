package dev.muster.request;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads the fields of a batch whose calls come as lines from the query of its request.
public final class LineParameters {

    private static final Set<StrategyName> STRATEGIES = BatchReader.GROUPS;
    private static final String NAMES = "strategy, timeout, concurrency and onFailure";

    private final Faults faults = new Faults(DocumentMemory.UNCOUNTED);
    private StrategyName strategy = StrategyName.AS_COMPLETED;
    private OnFailure onFailure = OnFailure.COLLECT;
    private @Nullable Duration timeout;
    private @Nullable Integer concurrency;

    private LineParameters() {}

    /// The batch that `parameters` ask for, which has no call yet.
    ///
    /// @param parameters the values of each name
    /// @throws InvalidBatchException with every fault, each at the field that the parameter stands for
    public static BatchRequest read(Map<String, List<String>> parameters) {
        var read = new LineParameters();
        parameters.forEach(read::read);
        read.faults.throwIfAny();
        return new BatchRequest(
                read.strategy,
                read.timeout,
                read.onFailure,
                read.concurrency,
                null,
                Waiting.FOR_ALL,
                AnswerShape.RESULTS,
                List.of());
    }

    private void read(String name, List<String> values) {
        if (values.size() > 1) {
            fault(name, "is given twice");
            return;
        }
        String value = values.isEmpty() || values.getFirst() == null ? "" : values.getFirst();
        switch (name) {
            case "strategy" -> strategy(value);
            case "timeout" -> timeout(value);
            case "concurrency" -> concurrency(value);
            case "onFailure" ->
                WireName.parse(OnFailure.class, value)
                        .ifPresentOrElse(
                                given -> onFailure = given,
                                () -> fault(name, "must be one of " + WireName.choices(OnFailure.class)));
            default -> fault(name, "unknown parameter: a batch that comes as lines has " + NAMES);
        }
    }

    private void strategy(String value) {
        Optional<StrategyName> given = WireName.parse(StrategyName.class, value).filter(STRATEGIES::contains);
        if (given.isPresent()) {
            strategy = given.get();
        } else {
            fault("strategy", "must be as-completed or gather where calls come as lines");
        }
    }

    private void timeout(String value) {
        timeout = FieldReader.positiveDuration(value);
        if (timeout == null) {
            fault("timeout", FieldReader.NO_DURATION);
        }
    }

    private void concurrency(String value) {
        try {
            concurrency = Integer.parseInt(value);
        } catch (NumberFormatException invalid) {
            concurrency = 0;
        }
        if (concurrency < 1) {
            fault("concurrency", "must be a whole number of at least 1");
        }
    }

    private void fault(String name, String detail) {
        faults.add("#/" + FieldReader.escape(name), detail);
    }
}
