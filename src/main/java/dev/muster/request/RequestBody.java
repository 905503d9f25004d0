package dev.muster.request;

/// Bytes that a call sends.
///
/// @param bytes       the body; owned by this record and not to be changed
/// @param contentType sent as `content-type` unless the call's headers already have one
public record RequestBody(byte[] bytes, String contentType) {}
