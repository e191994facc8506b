package io.longreel.config.plan;

import io.longreel.config.RuntimeFailure;
import java.util.function.Supplier;

/** What a description must keep; who breaks a rule is told by the one exception for users, in one line. */
final class PlanRules {
    private PlanRules() {}

    static void require(boolean holds, Supplier<String> rule) {
        if (!holds) {
            throw RuntimeFailure.config(rule.get());
        }
    }

    static void positive(String what, double value) {
        require(
                value > 0 && Double.isFinite(value),
                () -> "%s must be above zero, not %s".formatted(what, shown(value)));
    }

    static void notNegative(String what, double value) {
        require(
                value >= 0 && Double.isFinite(value),
                () -> "%s must not be below zero: %s".formatted(what, shown(value)));
    }

    static void share(String what, double value) {
        require(value >= 0 && value <= 1, () -> "%s must be a share from 0 to 1, not %s".formatted(what, shown(value)));
    }

    private static String shown(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
