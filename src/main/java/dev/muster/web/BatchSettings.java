package dev.muster.web;

import dev.muster.answer.BatchWriter;
import dev.muster.plan.BatchProperties;
import dev.muster.plan.DetachedProperties;
import dev.muster.plan.PropagationProperties;
import dev.muster.plan.ResponseProperties;
import dev.muster.server.ClientProperties;

/// What batches are taken and answered by.
record BatchSettings(
        BatchProperties batches,
        ResponseProperties responses,
        PropagationProperties propagation,
        ClientProperties clients,
        DetachedProperties detached) {

    BatchWriter writer() {
        return new BatchWriter(responses.maxJsonDepth(), responses.maxJsonDigits());
    }
}
