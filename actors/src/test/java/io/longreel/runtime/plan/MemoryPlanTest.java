package io.longreel.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.StageSettings;
import io.longreel.curriculum.Curriculum;
import io.longreel.curriculum.eval.NeedleGrid;
import io.longreel.model.ModelConfig;
import io.longreel.model.PlannedSession;
import io.longreel.model.RankMemory;
import io.longreel.model.SessionOptions;
import io.longreel.model.snapshot.SnapshotPeers;
import io.longreel.ops.device.Devices;
import io.longreel.runtime.plan.PlanLine.Kind;
import io.longreel.runtime.rank.TrainingWorkFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryPlanTest {
    private static final String CONF = """
            include required(classpath("conf/library/small-model.conf"))
            longreel {
              cluster { nodes = 2, ranks-per-node = 2 }
              stages = [
                {
                  name = align
                  trainable = [projector]
                  context-tokens-max = 90
                  phases = [{ name = captions, steps = 20, samples-per-step = 9, source.kind = captions }]
                }
                {
                  name = mixed
                  context-tokens-max = 700
                  phases = [
                    { name = short, steps = 30, samples-per-step = 5, source { kind = needle-questions, frames = [1, 2, 4, 8, 40] } }
                    { name = text, steps = 30, samples-per-step = 3, source { kind = passkeys, tokens-min = 64, tokens-max = 300 } }
                  ]
                  evaluation { name = needle, frames = [16, 300], depths = 2, needles = 2 }
                }
              ]
            }
            """;

    /** Sequences of a shape that was there before change nothing. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "mesh.data=1,mesh.ring=2,mesh.ulysses=2",
                "mesh.data=2,mesh.ring=1,mesh.ulysses=2",
                "mesh.data=2,mesh.ring=2,mesh.ulysses=1,sharding.state=parameters,precision.weights=bf16"
            })
    void shouldEqualThePlanOfEveryStep(String overrides) {
        RunConfig config = RunConfigLoader.parse(CONF, "test", List.of(overrides.split(",")));
        List<RankPlan> plans = MemoryPlan.of(config, List.of(0, 3));
        assertEquals(List.of(0, 3), plans.stream().map(RankPlan::rank).toList());
        for (RankPlan plan : plans) {
            List<RankMemory> memory =
                    plan.lines().stream().map(PlanLine::memory).toList();
            assertEquals(everyStep(config, plan.rank()), memory, "rank " + plan.rank());
        }
    }

    @Test
    void shouldNameTheLongestSequenceOfEachPart() {
        RunConfig config = RunConfigLoader.parse(CONF, "test", List.of());
        List<PlanLine> lines = MemoryPlan.of(config, List.of(0)).getFirst().lines();
        assertEquals(
                List.of("captions", "short", "text", "needle"),
                lines.stream().map(PlanLine::part).toList());
        // A caption has 19 tokens, one in eleven 13: 90 have room for six short ones, and the seed draws them.
        assertEquals(6, lines.get(0).frames());
        assertEquals(0, lines.get(2).frames());
        assertEquals(Kind.TEST, lines.get(3).kind());
        assertEquals(300, lines.get(3).frames());
        assertEquals(300 * 4 + 33 - 1, lines.get(3).tokens());
        assertTrue(lines.stream().allMatch(line -> line.tokens() <= 1300), lines::toString);
        assertEquals(0, lines.get(3).memory().optimizer(), "a stage is over when it is tested");
    }

    private static List<RankMemory> everyStep(RunConfig config, int rank) {
        ModelConfig model = TrainingWorkFactory.modelOf(config);
        int data = config.mesh().dataOf(rank);
        List<RankMemory> memory = new ArrayList<>();
        try (Curriculum curriculum = Curriculum.withoutFootage(config, model);
                PlannedSession session = PlannedSession.open(
                        model,
                        Devices.cpu(),
                        config.mesh(),
                        rank,
                        SessionOptions.of(config),
                        SnapshotPeers.of(List.of("a", "a", "b", "b"), 1),
                        2)) {
            for (int index = 0; index < config.stages().size(); index++) {
                StageSettings stage = config.stages().get(index);
                session.beginStage(stage);
                int step = 0;
                for (StageSettings.Phase phase : stage.phases()) {
                    for (int end = step + phase.steps(); step < end; step++) {
                        session.step(curriculum
                                .samples(index, step, data, config.mesh().dataDegree())
                                .batches());
                    }
                    memory.add(session.memory());
                }
                session.endStage();
                if (stage.evaluation().isPresent()) {
                    NeedleGrid grid = curriculum.needleGrid(stage.evaluation().orElseThrow());
                    for (int cell = 0; cell < grid.cells().size(); cell++) {
                        session.answer(grid.batch(cell, 0));
                        session.answer(grid.batch(cell, 1));
                    }
                    memory.add(session.memory());
                }
            }
        }
        return memory;
    }
}
