package dev.muster.web;

import dev.muster.auth.ForbiddenException;
import dev.muster.auth.Permissions;
import dev.muster.request.BatchReader;
import dev.muster.request.BatchRequest;
import dev.muster.request.DocumentMemory;
import dev.muster.request.Fault;
import dev.muster.request.InputLine;
import dev.muster.request.LineFormat;
import dev.muster.request.LineReader;
import java.util.List;

/// Reads what callers ask for, and lets pass what they may.
record PermittedReader(BatchReader reader, Permissions permissions) {

    /// Reads the `document` that `principal` has sent.
    ///
    /// @param memory is told of what is kept of it, before it is kept
    /// @throws ForbiddenException with all that the caller may not do
    BatchRequest read(byte[] document, String principal, DocumentMemory memory) {
        BatchRequest batch = reader.read(document, memory);
        permissions.check(principal, batch);
        return batch;
    }

    /// Reads lines of such a format.
    LineReader lines(LineFormat format) {
        return new LineReader(format, reader.services());
    }

    /// The `line` that `principal` has sent, or what stands for it if the caller may not make this call.
    InputLine permitted(InputLine line, String principal) {
        if (!(line instanceof InputLine.Call call)) {
            return line;
        }
        List<Fault> faults = permissions.faults(principal, call.request(), "#");
        return faults.isEmpty() ? line : new InputLine.Invalid(call.number(), call.index(), faults);
    }
}
