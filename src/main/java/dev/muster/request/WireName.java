package dev.muster.request;

import java.util.Arrays;
import java.util.Optional;

/// A value that the HTTP contract spells its own way.
public interface WireName {

    /// The literal word of the contract, for example `first-exception`.
    String wireName();

    /// Finds the constant of `type` that is spelled `name`.
    static <E extends Enum<E> & WireName> Optional<E> parse(Class<E> type, String name) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.wireName().equals(name))
                .findFirst();
    }

    /// Lists the spellings of `type`, for a message that says what is allowed.
    static <E extends Enum<E> & WireName> String choices(Class<E> type) {
        return String.join(
                ", ",
                Arrays.stream(type.getEnumConstants()).map(WireName::wireName).toList());
    }
}
