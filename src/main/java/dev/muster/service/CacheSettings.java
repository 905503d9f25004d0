package dev.muster.service;

import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// A cache of a service's responses to `GET`, by the rules of RFC 9111.
///
/// @param maxSize most bytes of responses kept for the service: 10 MB
public record CacheSettings(@DefaultValue("10MB") DataSize maxSize) {

    public long maxBytes() {
        return maxSize.toBytes();
    }
}
