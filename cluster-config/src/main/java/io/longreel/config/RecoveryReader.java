package io.longreel.config;

import io.longreel.config.ConfigReader.Range;
import io.longreel.config.RecoverySettings.Guard;
import io.longreel.config.RecoverySettings.Quarantine;
import io.longreel.config.topology.MeshAdvice;

/** Reads what a run does about faults. One thread, for the duration of one load. */
final class RecoveryReader {
    private static final int STEPS_MAX = 1_000_000;

    private final ConfigReader section;

    RecoveryReader(ConfigReader root) {
        this.section = root.section("recovery");
    }

    RecoverySettings read() {
        return new RecoverySettings(
                section.integer("attempts-max", 0, 1000),
                section.integer("spares", 0, MeshAdvice.RANKS_MAX),
                section.duration("hang-timeout"),
                section.duration("progress-timeout"),
                section.duration("wait-for-nodes"),
                section.flag("elastic"),
                section.integer("replicas", 0, 8),
                section.integer("snapshot-every-steps", 0, STEPS_MAX),
                section.number("snapshot-cost-max", new Range(0, false, 1, true)),
                quarantine(section.section("quarantine")),
                guard(section.section("guard")));
    }

    private static Quarantine quarantine(ConfigReader keys) {
        return new Quarantine(keys.integer("losses", 1, 1000), keys.duration("within"), keys.duration("back-off"));
    }

    private static Guard guard(ConfigReader keys) {
        return new Guard(
                keys.flag("replay-non-finite"),
                keys.number("loss-spike-z", Range.NOT_NEGATIVE),
                keys.number("gradient-norm-max", Range.NOT_NEGATIVE));
    }
}
