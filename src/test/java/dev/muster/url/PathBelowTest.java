package dev.muster.url;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathBelowTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/..",
                "/.",
                "/../a",
                "/a/../b",
                "/a/./b",
                "/%2e%2e/a",
                "/.%2E",
                "/a/..;/b",
                "/..;x=1",
                "/..%3bx/a",
                "/a%2f..%2Fb",
                "/a%5c..%5Cb",
                "/x/..\u037e/admin",
                "/%2e%2e\u037e/",
                "/..%252f",
                "/%252e%252e/",
                "/%25252e%25252e%25252fa",
                "/..%00/",
                "/%00../",
                "/..%00.txt",
                "/..%20/",
                "/..%09/",
                "/.%0a./",
                "/..%3f/a",
                "/..%23",
                "/..%253b/a",
                "/..%c0%af",
                "/%c0%ae%c0%ae/",
                "/%e0%80%ae%e0%80%ae/",
                "/%f0%80%80%ae./",
                "/%f8%80%80%80%ae./",
                "/%fc%80%80%80%80%ae./",
                "/..%c1%9c",
                "/..%c1%1c",
                "/..%25c0%25af",
                "/%c0%a5%32e./",
                "/%25u002e./",
                "/..%25u2215",
                "/\uff0e\uff0e/a",
                "/..\uff0fa",
                "/\u2024\u2024/",
                "/\u2025/",
                "/..\uff3c",
                "/..\u2215a",
                "/\uff05\uff12\uff45./",
                "/%2525252525252e/"
            })
    void isLeftByWhatAnyServerReadsAsADotSegment(String path) {
        assertThat(PathBelow.mayBeLeft(path)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "//",
                "/a/b",
                "/...",
                "/a..b",
                "/..a",
                "/a..",
                "/.well-known/x",
                "/a/.b/",
                "/;x/..a",
                "/a;b=../c",
                "/caf\u00e9/x",
                "/%C3%A9",
                "/caf%E9/x",
                "/%C0%20la%20carte",
                "/50%25",
                "/a%2fb",
                "/%2e%2e%2e/",
                "/a%20b",
                "/1.0/2.x/",
                "/\uff0e\uff0e\uff0e/",
                "/\u65e5\u672c/\ud83d\ude00",
                "/%2520",
                "/a%3d..%26b"
            })
    void isNotLeftByDotsElsewhere(String path) {
        assertThat(PathBelow.mayBeLeft(path)).isFalse();
    }
}
