package dev.muster.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.Release;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The chart in a real cluster: `-Dtests.kubeconfig=FILE`, without which this is no part of the build, and
/// `-Dtests.image=REPOSITORY:TAG`, which the cluster's nodes have or can pull. It is installed into the namespace
/// `default`, or the one of `-Dtests.namespace`.
@Tag("cluster")
@Timeout(900)
class ClusterTest {

    private static final Path CHART = Path.of("helm/muster");
    private static final String RELEASE = "muster-cluster-test";
    /// Two pods, one after the other on a busy node, each of which may take two minutes to start.
    private static final int SECONDS = 300;

    private final Path cluster = Path.of(System.getProperty("tests.kubeconfig", ""));
    private final String namespace = System.getProperty("tests.namespace", "default");
    private final String image = System.getProperty("tests.image", "muster:test");

    @AfterEach
    void uninstall() {
        Helm.uninstall(RELEASE)
                .withNamespace(namespace)
                .withKubeConfig(cluster)
                .ignoreNotFound()
                .call();
    }

    /// The chart's own test sends a batch through the Service; it fails where the answer is not as it should be.
    @Test
    void answersBatchesAfterTheInstallationAndAfterAnUpgrade() {
        assertThat(install().getStatus()).isEqualTo("deployed");
        assertThat(sendABatch().getStatus()).isEqualTo("deployed");

        assertThat(upgrade().getRevision()).isEqualTo("2");
        assertThat(sendABatch().getRevision()).isEqualTo("2");
    }

    private Release install() {
        return new Helm(CHART)
                .install()
                .withName(RELEASE)
                .withNamespace(namespace)
                .withKubeConfig(cluster)
                .set("image.repository", repository())
                .set("image.tag", tag())
                .set("config.auth.mode", "none")
                .waitReady()
                .withTimeout(SECONDS)
                .call();
    }

    /// To another configuration, which makes new pods.
    private Release upgrade() {
        return new Helm(CHART)
                .upgrade()
                .withName(RELEASE)
                .withNamespace(namespace)
                .withKubeConfig(cluster)
                .reuseValues()
                .set("config.gateway.max-in-flight", 100)
                .waitReady()
                .withTimeout(SECONDS)
                .call();
    }

    private Release sendABatch() {
        return Helm.test(RELEASE)
                .withNamespace(namespace)
                .withKubeConfig(cluster)
                .withTimeout(SECONDS)
                .call();
    }

    private String repository() {
        return image.substring(0, image.lastIndexOf(':'));
    }

    private String tag() {
        return image.substring(image.lastIndexOf(':') + 1);
    }
}
