package dev.muster.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {

    private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    @ParameterizedTest
    @ValueSource(
            strings = {
                TRACE,
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what.the.future.brings"
            })
    void isPassedOnWhenItIsValid(String parent) {
        assertThat(TraceContext.of(Map.of("traceparent", List.of(parent))))
                .containsExactly(Map.entry("traceparent", List.of(parent)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, " + TRACE,
            })
    void isLeftOutWhenTheParentIsNotValid(String parent) {
        assertThat(TraceContext.of(Map.of("traceparent", List.of(parent), "tracestate", List.of("a=b"))))
                .isEmpty();
    }

    @Test
    void isLeftOutWhenThereAreTwoParents() {
        assertThat(TraceContext.of(Map.of("traceparent", List.of(TRACE, TRACE))))
                .isEmpty();
    }

    @Test
    void bringsTheStatesTogetherInTheirOrder() {
        assertThat(state("b=2 , tenant@vendor=x", "", "a=1")).containsExactly("b=2,tenant@vendor=x,a=1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "a", "=b", "A=b", "a=", "a=b=c", "a=\u00e9", "a=1,a=2", "a=b\u0001"})
    void keepsTheParentAloneWhenTheStateIsNotValid(String state) {
        assertThat(state(state)).isEmpty();
    }

    @Test
    void keepsTheParentAloneWhenTheStateIsTooLong() {
        assertThat(state(IntStream.range(0, 33)
                        .mapToObj(i -> "k%d=v".formatted(i))
                        .collect(Collectors.joining(","))))
                .isEmpty();
        assertThat(state("a=" + "x".repeat(250), "b=" + "x".repeat(250), "c=" + "x".repeat(250)))
                .isEmpty();
    }

    private static List<String> state(String... values) {
        var context = TraceContext.of(Map.of("traceparent", List.of(TRACE), "tracestate", List.of(values)));
        assertThat(context).containsKey("traceparent");
        return context.getOrDefault("tracestate", List.of());
    }
}
