package dev.muster.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads manifests as the API server does with strict field validation: a field that a kind does not have is an error.
final class StrictDecoding {

    private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();

    private StrictDecoding() {}

    static List<HasMetadata> decode(String manifests) {
        return Arrays.stream(manifests.split("(?m)^---.*$", -1))
                .filter(document -> document.lines()
                        .anyMatch(
                                line -> !line.isBlank() && !line.stripLeading().startsWith("#")))
                .map(StrictDecoding::one)
                .toList();
    }

    private static HasMetadata one(String document) {
        HasMetadata decoded = KUBERNETES.unmarshal(document);
        // Of a custom resource nothing is known but that it is one.
        if (!(decoded instanceof GenericKubernetesResource)) {
            List<String> unknown = new ArrayList<>();
            UnknownFields.collect(decoded, decoded.getKind(), unknown);
            assertThat(unknown)
                    .as("fields that %s does not have", decoded.getKind())
                    .isEmpty();
        }
        return decoded;
    }
}
