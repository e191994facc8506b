package io.longreel.runtime.protocol;

/** What the compact constructors of the messages check; a violation is a bug of the sender, so it throws. */
final class Facts {
    private Facts() {}

    static void atLeast(long minimum, long value, String name) {
        if (value < minimum) {
            throw new IllegalArgumentException("%s must be at least %d: %s=%d".formatted(name, minimum, name, value));
        }
    }

    static void notBlank(String value, String name) {
        if (value.isBlank()) {
            throw new IllegalArgumentException(name + " must not be blank");
        }
    }
}
