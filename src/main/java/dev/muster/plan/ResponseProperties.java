package dev.muster.plan;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// What of the responses of upstreams is read, and how it is returned.
///
/// @param maxResponseSize most bytes of one call's response body, after decompression
/// @param maxBatchSize    most response bytes of one batch, after decompression
/// @param hiddenResponseHeaders response headers that are not returned unless a call asks for them
/// @param maxJsonDepth    most levels of a response body that is carried as JSON; a deeper one is text, so that no
///                        client finds the answer unreadable, which has up to four levels more. Those that are known
///                        to stop: .NET at 64 levels, Ruby at 100, Rust's serde at 128, jq 1.6 at 256, Jackson at
///                        500, PHP at 512
/// @param maxJsonDigits   most digits of a number in such a body, those after the point and of the exponent among
///                        them: Jackson stops at 1000. A number beyond a double makes text of its body, however
///                        short it is
@Validated
@ConfigurationProperties("muster.gateway")
public record ResponseProperties(
        @DefaultValue("1MB") DataSize maxResponseSize,
        @DefaultValue("16MB") DataSize maxBatchSize,

        @DefaultValue({"set-cookie", "set-cookie2", "authentication-info"})
        List<@NotBlank String> hiddenResponseHeaders,

        @DefaultValue("60") @Min(1) @Max(10_000) int maxJsonDepth,
        @DefaultValue("1000") @Min(1) @Max(100_000) int maxJsonDigits) {}
