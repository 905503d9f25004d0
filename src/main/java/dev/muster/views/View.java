package dev.muster.views;

import dev.muster.request.BatchRequest;
import dev.muster.request.DocumentMemory;
import dev.muster.request.Fault;
import dev.muster.request.InvalidBatchException;
import dev.muster.request.ObjectDocument;
import dev.muster.template.JsonValue;
import dev.muster.template.Reference;
import dev.muster.template.UnusableValueException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A view: a batch, and the parameters that it takes.
///
/// @param description what it is for, or `null`
/// @param batch       what is made of the parameters
public record View(
        String name, @Nullable String description, Map<String, ViewParameter> parameters, BatchRequest batch) {

    /// The batch that a caller asks for by a query.
    ///
    /// @param query         the values of each name
    /// @param mostBodyBytes most bytes of a call's body
    /// @throws InvalidBatchException with every fault of the parameters
    public BatchRequest ofQuery(Map<String, List<String>> query, int mostBodyBytes) {
        Map<String, ViewParameter.Read> given = new HashMap<>();
        query.forEach((name, values) -> {
            ViewParameter parameter = parameters.get(name);
            if (parameter != null) {
                List<String> texts =
                        values.stream().map(value -> value == null ? "" : value).toList();
                given.put(name, parameter.ofTexts(texts));
            } else {
                given.put(name, unknown());
            }
        });
        return of(given, mostBodyBytes);
    }

    /// The batch that a caller asks for by a JSON document.
    ///
    /// @param memory        is told of what is kept of it, before it is kept
    /// @param mostBodyBytes most bytes of a call's body
    /// @throws InvalidBatchException with every fault of the parameters
    public BatchRequest ofDocument(byte[] document, DocumentMemory memory, int mostBodyBytes) {
        Map<String, ViewParameter.Read> given = new HashMap<>();
        ObjectDocument.read(document, memory).forEach((name, json) -> {
            ViewParameter parameter = parameters.get(name);
            given.put(name, parameter == null ? unknown() : parameter.ofJson(json));
        });
        return of(given, mostBodyBytes);
    }

    private static ViewParameter.Read unknown() {
        return new ViewParameter.Read(null, "unknown parameter");
    }

    private BatchRequest of(Map<String, ViewParameter.Read> given, int mostBodyBytes) {
        List<Fault> faults = new ArrayList<>();
        Map<String, JsonValue> values = new HashMap<>();
        given.forEach((name, read) -> {
            if (read.value() != null) {
                values.put(name, read.value());
            } else {
                faults.add(fault(name, String.valueOf(read.fault())));
            }
        });
        parameters.forEach((name, parameter) -> {
            if (!given.containsKey(name)) {
                JsonValue preset = parameter.preset();
                if (preset == null) {
                    faults.add(fault(name, "is required"));
                } else {
                    values.put(name, preset);
                }
            }
        });
        if (!faults.isEmpty()) {
            throw new InvalidBatchException(faults);
        }
        try {
            return batch.with(
                    reference -> reference instanceof Reference.Parameter(String name) ? values.get(name) : null,
                    mostBodyBytes);
        } catch (UnusableValueException unusable) {
            throw new InvalidBatchException(List.of(fault(unusable.reference().text(), unusable.reason())));
        }
    }

    private static Fault fault(String name, String detail) {
        return Fault.ofMember(name, detail);
    }
}
