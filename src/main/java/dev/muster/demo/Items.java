package dev.muster.demo;

import java.math.BigDecimal;

/// What each of a shop's services knows about one item: made up from its id, and so the same whenever asked.
enum Items {
    INVENTORY {
        @Override
        Item item(String id) {
            return new Stock(id, "Walnut desk No. " + id, vary(id, 40), "HAM-2");
        }
    },
    PRICING {
        @Override
        Item item(String id) {
            return new Price(id, BigDecimal.valueOf(9_900 + 10L * vary(id, 9_000), 2), "EUR");
        }
    },
    REVIEWS {
        @Override
        Item item(String id) {
            return new Rating(
                    id, BigDecimal.valueOf(30 + vary(id, 21), 1), vary(id, 300), "Sturdy, and smells of wood.");
        }
    };

    abstract Item item(String id);

    private static int vary(String id, int bound) {
        return Math.floorMod(id.hashCode(), bound);
    }

    sealed interface Item {}

    record Stock(String id, String name, int stock, String warehouse) implements Item {}

    record Price(String id, BigDecimal price, String currency) implements Item {}

    record Rating(String id, BigDecimal rating, int reviews, String latest) implements Item {}
}
