package dev.muster.request;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/// Reads documents for the tests of this package: at most 10 requests, services `pricing` and `notes`.
final class Documents {

    private static final BatchReader READER = new BatchReader(10, Set.of("pricing", "notes"));

    private Documents() {}

    static BatchRequest read(String document) {
        return READER.read(document.getBytes(StandardCharsets.UTF_8), DocumentMemory.UNCOUNTED);
    }

    static BatchRequest read(byte[] document) {
        return READER.read(document, DocumentMemory.UNCOUNTED);
    }

    /// The only call of a batch whose `requests` is `[call]`.
    static CallRequest readCall(String call) {
        return read(withRequests(call)).calls().getFirst();
    }

    static String withRequests(String calls) {
        return "{\"requests\":[" + calls + "]}";
    }

    /// The faults of `document`, each as its pointer, a space and its detail.
    static List<String> faults(String document) {
        return faults(document.getBytes(StandardCharsets.UTF_8));
    }

    static List<String> faults(byte[] document) {
        var refusal = catchThrowableOfType(
                InvalidBatchException.class, () -> READER.read(document, DocumentMemory.UNCOUNTED));
        return Objects.requireNonNull(refusal, "the document was read").faults().stream()
                .map(fault -> fault.pointer() + ' ' + fault.detail())
                .toList();
    }

    static List<String> pointers(String document) {
        return faults(document).stream()
                .map(fault -> fault.substring(0, fault.indexOf(' ')))
                .toList();
    }
}
