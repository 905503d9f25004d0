package dev.muster.request;

import java.util.LinkedHashMap;
import java.util.Map;

/// Reads a document that is an object of any values.
public final class ObjectDocument {

    private ObjectDocument() {}

    /// The values by their names, each as the very bytes that the client sent.
    ///
    /// @param document JSON in UTF-8
    /// @param memory   is told of what is kept of it, before it is kept
    /// @throws InvalidBatchException with every fault of the document
    public static Map<String, byte[]> read(byte[] document, DocumentMemory memory) {
        Map<String, byte[]> values = new LinkedHashMap<>();
        BatchReader.read(
                document,
                memory,
                (reader, _) -> reader.object(name -> {
                    values.put(name, reader.raw());
                    return true;
                }));
        return values;
    }
}
