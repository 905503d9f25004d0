package dev.muster.call;

import io.netty.handler.codec.http.HttpHeaders;

/// What an upstream answered.
///
/// @param headers as received, without `content-encoding` where the body was decompressed
/// @param body    the whole body, decompressed; owned by this record and not to be changed
public record UpstreamResponse(int status, HttpHeaders headers, byte[] body) {}
