package io.longreel.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.ChaosSettings.At;
import io.longreel.config.ChaosSettings.Fault;
import io.longreel.config.ChaosSettings.Phase;
import io.longreel.config.ConfigReader.Range;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads the plan of faults, each over what {@code chaos.fault} says for all. One thread, for the duration of one load. */
final class ChaosReader {
    static final String ANY = "any";
    private static final int ANY_RANK = -1;
    private static final Range PART = new Range(0, false, 1, true);

    private final ConfigReader section;
    private final Faults complaints;

    ChaosReader(ConfigReader root) {
        this.section = root.section("chaos");
        this.complaints = root.faults();
    }

    /** Judges the plan against the run, too. */
    ChaosSettings read(Mesh mesh, List<StageSettings> stages) {
        long seed = section.wholeNumber("seed", Long.MIN_VALUE, Long.MAX_VALUE);
        boolean takesOrders = section.flag("orders");
        ConfigReader defaults = section.section("fault");
        fault(defaults);
        List<ConfigValue> elements = section.elements("faults");
        List<Fault> faults = new ArrayList<>();
        for (int i = 0; i < elements.size(); i++) {
            String path = "%s[%d]".formatted(section.pathOf("faults"), i);
            if (elements.get(i) instanceof ConfigObject object) {
                ConfigReader merged = section.child(object.withFallback(defaults.object()), path);
                Fault fault = fault(merged);
                judge(merged, fault, mesh, stages);
                faults.add(fault);
            } else {
                complaints.add(path, elements.get(i).origin(), "must be a fault { at { ... }, do = ... }");
            }
        }
        return new ChaosSettings(seed, takesOrders, faults);
    }

    private static Fault fault(ConfigReader keys) {
        return new Fault(
                at(keys.section("at")),
                keys.choice("do", Action.class),
                keys.duration("for"),
                keys.integer("times", 0, Integer.MAX_VALUE),
                keys.integers("peers", 0),
                keys.flag("one-way"),
                keys.number("share", PART),
                keys.integer("frames", 0, Integer.MAX_VALUE));
    }

    private static At at(ConfigReader keys) {
        int rank = keys.integerOr("rank", ANY, ANY_RANK, 0);
        return new At(
                rank == ANY_RANK ? OptionalInt.empty() : OptionalInt.of(rank),
                keys.isNull("node") ? Optional.empty() : Optional.of(keys.text("node")),
                keys.integer("stage", 0, Integer.MAX_VALUE),
                keys.integer("step", 0, Integer.MAX_VALUE),
                keys.integer("steps", 1, Integer.MAX_VALUE),
                keys.choice("phase", Phase.class),
                keys.integer("occurrence", 1, Integer.MAX_VALUE));
    }

    private void judge(ConfigReader keys, Fault fault, Mesh mesh, List<StageSettings> stages) {
        At at = fault.at();
        ConfigReader place = keys.section("at");
        int ranks = Math.min(mesh.worldSize(), MeshAdvice.RANKS_MAX);
        complaints.require(
                at.rank().orElse(0) < ranks && fault.peers().stream().allMatch(peer -> peer < ranks),
                place,
                "rank",
                "must be a rank of the mesh, as must peers: it has %d ranks".formatted(ranks),
                "longreel.mesh");
        complaints.require(
                at.stage() < stages.size(),
                place,
                "stage",
                "must be the index of a stage, from 0: the run has %d".formatted(stages.size()),
                "longreel.stages");
        if (at.stage() < stages.size()) {
            int steps = stages.get(at.stage()).steps();
            complaints.require(
                    at.step() <= steps,
                    place,
                    "step",
                    "must not lie behind the stage, or the fault never strikes: step=%d, the stage has %d steps"
                            .formatted(at.step(), steps),
                    "longreel.stages");
        }
        Set<Phase> phases = phasesOf(fault.action());
        complaints.require(
                phases.contains(at.phase()),
                place,
                "phase",
                "must be one of %s for do = %s, not %s"
                        .formatted(
                                String.join(
                                        ", ",
                                        phases.stream().sorted().map(Words::of).toList()),
                                Words.of(fault.action()),
                                Words.of(at.phase())),
                keys.pathOf("do"));
    }

    /** Where a fault finds what it needs. */
    private static Set<Phase> phasesOf(Action action) {
        return switch (action) {
            case NAN -> Set.of(Phase.DATA, Phase.BACKWARD);
            case BIT_FLIP -> Set.of(Phase.IDLE, Phase.OPTIMIZER);
            case KILL, STOP, HANG, SLOW, FAIL, CORRUPT, DROP, DUPLICATE, DELAY, PARTITION ->
                Set.of(Phase.class.getEnumConstants());
        };
    }
}
