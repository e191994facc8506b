package io.longreel.config.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PlanPresets;
import io.longreel.config.plan.MeshSearch.Ranked;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which meshes there are, which is taken, and why others are not. */
class MeshSearchTest {
    private static MeshSearch search(int gpus, long tokens, int batch) {
        return new MeshSearch(
                PlanPresets.model("llama3-8b").withoutVision(),
                PlanPresets.cluster("h100-80", gpus),
                PlanPresets.software("longvila"),
                new Workload(tokens, 0, batch, new Workload.Trains(false, false, true)),
                OptionalInt.empty(),
                Optional.empty());
    }

    @Test
    void shouldTakeThePapersMeshForItsLongestSequence() {
        Ranked best = search(32, 320 << 10, 1).run().best().orElseThrow();
        assertEquals(new MeshChoice(new Mesh(1, 4, 8), 1, 3, false), best.choice());
        assertTrue(best.memory().fits());
    }

    @Test
    void shouldComputeAgainWhereNothingElseFits() {
        Ranked best = search(32, 1 << 20, 1).run().best().orElseThrow();
        assertTrue(best.choice().recompute(), best::toString);
    }

    @Test
    void shouldPutWhatFitsFirstAndTheFastestOfIt() {
        List<Ranked> ranked = search(32, 320 << 10, 4).run().ranked();
        for (int i = 1; i < ranked.size(); i++) {
            Ranked before = ranked.get(i - 1);
            Ranked after = ranked.get(i);
            assertTrue(before.memory().fits() || !after.memory().fits());
            if (after.memory().fits()) {
                assertTrue(before.cost().seconds() <= after.cost().seconds());
            }
        }
    }

    @Test
    void shouldAllowWhatARunOfThisProjectAllowsAndExplainTheRest() {
        for (int gpus : List.of(4, 24, 64)) {
            MeshSearch.Result result = search(gpus, 1 << 16, 4).run();
            MeshAdvice advice = new MeshAdvice(Math.ceilDiv(gpus, 8), Math.min(gpus, 8), 32, 4);
            List<Mesh> legal = result.ranked().stream()
                    .map(r -> r.choice().mesh())
                    .distinct()
                    .toList();
            assertTrue(legal.stream().allMatch(advice::allows), legal::toString);
            // What differs in its inner axis alone, and places every group alike, stands there once.
            assertEquals(degrees(advice.allowed()), degrees(legal));
            assertTrue(result.illegal().stream().noneMatch(i -> advice.allows(i.mesh())));
            assertTrue(result.illegal().stream().noneMatch(i -> i.rule().isBlank()));
        }
    }

    private static List<String> degrees(List<Mesh> meshes) {
        return meshes.stream()
                .map(m -> m.withInner(Mesh.Inner.ULYSSES).toString())
                .distinct()
                .sorted()
                .collect(Collectors.toList());
    }
}
