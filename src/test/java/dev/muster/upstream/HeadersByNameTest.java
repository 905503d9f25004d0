package dev.muster.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeadersByNameTest {

    @Test
    void aHeaderIsThereOnceWhenItComesInSeveralCases() {
        HttpHeaders headers = new DefaultHttpHeaders()
                .add("X-A", "1")
                .add("x-b", "2")
                .add("x-a", "3")
                .add("X-a", "4");

        assertThat(HeadersByName.of(headers).toString()).isEqualTo("{x-a=[1, 3, 4], x-b=[2]}");
    }

    @Test
    void aHeaderHasAllOfItsLinesInTheOrderInWhichTheyCame() {
        HttpHeaders headers = new DefaultHttpHeaders().add("Set-Cookie", "b=2").add("Set-Cookie", "a=1");

        assertThat(HeadersByName.of(headers)).containsOnly(Map.entry("set-cookie", List.of("b=2", "a=1")));
    }
}
