package dev.muster.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import org.testcontainers.DockerClientFactory;

/// The container engine of this machine, and the image under test.
final class Engine {

    /// `.ci/run` builds it; elsewhere `docker build -t muster:test .` does.
    static final String IMAGE = System.getProperty("tests.image", "muster:test");

    private Engine() {}

    /// Skips what follows, and says why, where the tests cannot run.
    static void assumeReady() {
        assumeTrue(DockerClientFactory.instance().isDockerAvailable(), "no container engine answers");
        assumeTrue(hasImage(), "there is no image " + IMAGE + "; docker build -t " + IMAGE + " . makes it");
    }

    static DockerClient client() {
        return DockerClientFactory.instance().client();
    }

    private static boolean hasImage() {
        try {
            client().inspectImageCmd(IMAGE).exec();
            return true;
        } catch (NotFoundException absent) {
            return false;
        }
    }
}
