package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/// Whether Muster starts at all where strangers could reach it.
@ExtendWith(OutputCaptureExtension.class)
@Timeout(180)
class StartUpTest {

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "", "192.0.2.1"})
    void musterDoesNotStartWhenOthersCanReachItAndNoModeIsChosen(String address, CapturedOutput output) {
        assertThatException().isThrownBy(() -> StartedMuster.with("server.address=" + address));

        await().untilAsserted(() -> assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("muster.auth.mode does not say who may call")
                .contains("Set muster.auth.mode to api-key or jwt; to none if whoever can connect may call;")
                .doesNotContain("\tat dev.muster"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"server.address=127.0.0.1", "server.address=localhost", "server.address=::1"})
    void musterStartsWithoutAModeWhenOnlyItsOwnMachineCanReachIt(String property) {
        try (var muster = StartedMuster.with(property)) {
            assertThat(muster.port()).isPositive();
        }
    }

    @Test
    void musterStartsAnywhereWhenItWasToldThatNobodyIsAsked() {
        try (var muster = StartedMuster.with("server.address=", "muster.auth.mode=none")) {
            assertThat(muster.client().post("{}").statusCode()).isEqualTo(400);
        }
    }

    /// Its own batches, which warm it up, have to fit in.
    @RepeatedTest(3)
    void musterStartsWithRoomForOneCall() {
        try (var muster = StartedMuster.with("muster.gateway.max-in-flight=1", "muster.gateway.max-waiting=0")) {
            assertThat(muster.client().post("{}").statusCode()).isEqualTo(400);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            muster.auth.mode=api-key                   | muster.auth.api-keys has no key
            muster.auth.mode=jwt                       | nothing says whose tokens are valid
            muster.auth.api-keys.alice=sha256:00       | muster.auth.mode is not api-key
            muster.callers.alice.share=2               | must be less than or equal to 1
            """)
    void musterSaysWhatIsMissingWhenAModeIsIncomplete(String property, String message, CapturedOutput output) {
        assertThatException().isThrownBy(() -> StartedMuster.with(property));

        await().untilAsserted(() ->
                assertThat(output).contains("APPLICATION FAILED TO START").contains(message));
    }
}
