package io.longreel.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.model.RankMemory;
import io.longreel.runtime.plan.PlanLine.Kind;
import io.longreel.runtime.rank.TrainingWorkFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The estimated time of a run's steps. */
class RunTimesTest {
    private static final RankMemory NO_MEMORY = new RankMemory(0, 0, 0, 0, 0, 0, 0, 0);

    @Test
    void shouldCountWhatIsComputedTwiceHoweverManyLayersAreMeant() {
        double kept = seconds("recompute.layers=0");
        double again = seconds("recompute.layers=4");
        assertTrue(again > kept, "kept=%s again=%s".formatted(kept, again));
        assertEquals(again, seconds("recompute.layers=all"));
    }

    private static double seconds(String override) {
        RunConfig config = RunConfigLoader.load("demo", List.of(override));
        return RunTimes.of(config, TrainingWorkFactory.modelOf(config))
                .step(new PlanLine("5-long-sft", Kind.PHASE, "to-2048", 2048, 8224, NO_MEMORY))
                .orElseThrow()
                .seconds();
    }
}
