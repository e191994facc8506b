package io.longreel.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PlanPresets;
import io.longreel.config.RecomputeSettings;
import io.longreel.config.plan.Calibration;
import io.longreel.config.plan.Calibration.Constants;
import io.longreel.config.plan.Link;
import io.longreel.config.plan.Software;
import io.longreel.config.topology.Mesh;
import io.longreel.model.SessionOptions;
import io.longreel.model.bench.BenchSize;
import io.longreel.model.bench.StepBench;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A machine that is known, and what its steps tell somebody who has measured its kernels wrong. */
class StepFitTest {
    private static final Software BASE = PlanPresets.software("longreel");
    private static final Constants CONSTANTS = new Constants(0.001, 0.0001, 0.0004, 0.3, 0.5, 12, 3e-7, 2e-5, 6e-5, 20);
    private static final Calibration TRUE = new Calibration(
            2, 1.12, 160e9, 150e9, 30e9, 16L << 30, new Link(20e9, 2e-6), new Link(1e9, 1e-4), CONSTANTS);

    private static StepBench.Setting setting(BenchSize size, int layers, int frames, Mesh mesh) {
        return new StepBench.Setting(
                size, layers, frames, mesh, SessionOptions.DEFAULTS.precision(), RecomputeSettings.NONE, 1);
    }

    private static double seconds(Calibration machine, StepBench.Setting setting) {
        return StepFit.cost(setting, machine.cluster("here", setting.mesh().worldSize()), machine.software(BASE))
                .seconds();
    }

    private static List<StepFit.Measured> lessons() {
        List<StepFit.Measured> steps = new ArrayList<>();
        for (Mesh mesh :
                List.of(Mesh.single(), new Mesh(1, 2, 1), new Mesh(1, 1, 2), new Mesh(1, 4, 2), new Mesh(1, 4, 4))) {
            for (int frames : new int[] {1, 60, 250}) {
                StepBench.Setting tiny = setting(BenchSize.TINY, 4, frames, mesh);
                steps.add(new StepFit.Measured(tiny, seconds(TRUE, tiny)));
            }
        }
        for (Mesh mesh : List.of(Mesh.single(), new Mesh(1, 2, 1))) {
            StepBench.Setting small = setting(BenchSize.SMALL, 8, 32, mesh);
            steps.add(new StepFit.Measured(small, seconds(TRUE, small)));
        }
        return steps;
    }

    @Test
    void shouldSayOfOtherStepsWhatTheyTake() {
        Constants unknown = new Constants(0, 0, 0, 0.3, 0.5, 12, 3e-7, 0, 0, 20);
        Calibration start = TRUE.slowed(0.9, 1.15, 0.85, 1).withAlone(1).with(unknown);
        StepFit.Found found = StepFit.of(start, lessons());
        assertEquals(1.12, found.calibration().alone(), 0.05);
        assertTrue(found.attention() < 0.95 && found.products() > 1.03, found::toString);
        for (Mesh mesh : List.of(Mesh.single(), new Mesh(2, 1, 1), new Mesh(1, 2, 2), new Mesh(1, 2, 4))) {
            for (BenchSize size : BenchSize.values()) {
                StepBench.Setting other = setting(size, size.layers(), 100, mesh);
                double right = seconds(TRUE, other);
                assertEquals(1, seconds(found.calibration(), other) / right, 0.04, other::toString);
            }
        }
    }

    /** Steps that say what cannot be: rates stay near those that were measured. */
    @Test
    void shouldNotBelieveEverything() {
        List<StepFit.Measured> absurd = lessons().stream()
                .map(step -> new StepFit.Measured(step.setting(), 1))
                .toList();
        StepFit.Found found = StepFit.of(TRUE, absurd);
        for (double factor : new double[] {found.products(), found.attention(), found.memory(), found.rest()}) {
            assertTrue(factor >= 0.5 && factor <= 2, found::toString);
        }
    }
}
