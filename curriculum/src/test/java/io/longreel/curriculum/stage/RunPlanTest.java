package io.longreel.curriculum.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.curriculum.TestRun;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunPlanTest {
    private final RunPlan plan = RunPlan.of(TestRun.config(Path.of("unused")).stages());

    @Test
    void shouldFindPhaseOfEveryStep() {
        assertEquals(15, plan.steps());
        RunPlan.Point point = plan.at(0, 3);
        assertEquals("b", point.phase().name());
        assertEquals(0, point.phaseStep());
        assertEquals(1, point.phaseIndex());
        assertTrue(point.startsPhase());
        assertFalse(plan.at(0, 4).startsPhase());
        assertEquals(point.phase().learningRatesAt(1), plan.at(0, 4).learningRates());
        assertThrows(IllegalArgumentException.class, () -> plan.at(0, 5));
        assertThrows(IllegalArgumentException.class, () -> plan.at(15));
    }

    @Test
    void shouldNumberStepsThroughAllStages() {
        for (int i = 0; i < plan.steps(); i++) {
            RunPlan.Point point = plan.at(i);
            assertEquals(i, point.globalStep());
            assertEquals(point, plan.at(point.stageIndex(), point.step()));
        }
        assertEquals(2, plan.at(9).stageIndex());
    }

    @Test
    void shouldKeepRopeBaseUntilAnotherIsSet() {
        assertEquals(Optional.empty(), plan.at(0, 2).rope().theta());
        assertEquals(Optional.of(1e6), plan.at(0, 3).rope().theta());
        assertEquals(Optional.of(1e6), plan.at(1, 2).rope().theta());
        assertEquals(Optional.of(2e7), plan.at(2, 0).rope().theta());
        assertEquals(Optional.of(1e6), plan.ropeAfter(1).theta());
    }

    @Test
    void shouldKeepRopeScaleUntilAnotherIsSet() {
        assertEquals(Optional.empty(), plan.ropeAfter(0).scale());
        assertEquals(Optional.of(4.0), plan.at(1, 0).rope().scale());
        assertEquals(Optional.of(4.0), plan.at(2, 5).rope().scale());
        assertEquals(new StageSettings.Rope(Optional.of(2e7), Optional.of(4.0)), plan.ropeAfter(2));
    }

    @Test
    void shouldScheduleTheRateOfEachPartAlike() {
        RunPlan.Point point = plan.at(0, 4);
        assertEquals(2 * point.learningRate(), point.learningRates().of(Part.PROJECTOR));
        assertEquals(point.learningRate(), point.learningRates().of(Part.LLM));
    }
}
