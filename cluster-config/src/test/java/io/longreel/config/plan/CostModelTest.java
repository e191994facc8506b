package io.longreel.config.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PlanPresets;
import io.longreel.config.plan.CostModel.LinkBytes;
import io.longreel.config.topology.Mesh;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Volumes and counts that others have published, and what must hold whatever the constants are. */
class CostModelTest {
    private static final long SEED = 20261130;
    private static final long LENGTH = 320 << 10;
    private static final double MB = 1e6;

    private static final ModelShape MODEL = PlanPresets.model("llama3-8b").withoutVision();
    private static final ClusterSpec CLUSTER = PlanPresets.cluster("h100-80", 8);
    private static final Software SOFTWARE = PlanPresets.software("longvila");

    private static StepCase step(Method method, Mesh mesh, long tokens) {
        return new StepCase(
                MODEL,
                CLUSTER.withGpus(mesh.worldSize()),
                SOFTWARE,
                Workload.text(tokens),
                method,
                MeshChoice.of(mesh));
    }

    private static LinkBytes bytes(StepCase step, String part) {
        return CostModel.bytes(step).stream()
                .filter(b -> b.part().equals(part))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldCountTheWeightsOfPublishedModels() {
        // Hugging Face: 8.03, 7.61 and 1.54 billion, vocabularies of 151,936 rows in the latter two.
        assertEquals(8.03e9, PlanPresets.model("llama3-8b").decoderParameters(), 0.005e9);
        assertEquals(7.61e9, PlanPresets.model("qwen2-7b").decoderParameters(), 0.01e9);
        assertEquals(1.54e9, PlanPresets.model("qwen2-1.5b").decoderParameters(), 0.005e9);
        // Table 10's 0.44 and 0.46 billion are tower (all 27 blocks and the embedding) and projector.
        VisionShape tower = PlanPresets.model("qwen2-7b").vision().orElseThrow();
        assertEquals(0.426e9, tower.parameters() * 27 / 26 + tower.projectorParameters(3584), 0.03e9);
    }

    @Test
    void shouldSendWhatTheAlgorithmsSend() {
        // 320K tokens on 32 ranks, bytes of a layer, forward and backward: Ulysses 325 + 325 MB, ring 1300 + 3985, 2D
        // 184 + 184 in the node and 126 + 461 between nodes.
        LinkBytes ulysses = bytes(step(Method.ULYSSES, new Mesh(1, 1, 32, Mesh.Inner.RING), LENGTH), "all-to-all");
        assertEquals(650 * MB, (ulysses.inside() + ulysses.between()) / 32, 2 * MB);
        LinkBytes ring = bytes(step(Method.RING_PIPELINED, new Mesh(1, 32, 1), LENGTH), "ring");
        assertEquals(5285 * MB, (ring.inside() + ring.between()) / 32, 5 * MB);
        StepCase both = step(Method.TWO_D, new Mesh(1, 4, 8), LENGTH);
        LinkBytes heads = bytes(both, "all-to-all");
        assertEquals(368 * MB, heads.inside() / 32, MB);
        assertEquals(0, heads.between());
        LinkBytes rotating = bytes(both, "ring");
        assertEquals(587 * MB, rotating.between() / 32, MB);
        assertEquals(0, rotating.inside());
    }

    @Test
    void shouldCostMoreForLongerSequencesInEveryPart() {
        RandomGenerator random = new SplittableRandom(SEED);
        List<Mesh> meshes = List.of(new Mesh(1, 4, 8), new Mesh(1, 32, 1), new Mesh(1, 8, 4, Mesh.Inner.RING));
        for (int i = 0; i < 500; i++) {
            Mesh mesh = meshes.get(random.nextInt(meshes.size()));
            long tokens = random.nextLong(1, 1L << 22);
            for (Method method : List.of(Method.TWO_D, Method.RING_SUMMED)) {
                StepCost shorter = CostModel.of(step(method, mesh, tokens));
                StepCost longer = CostModel.of(step(method, mesh, tokens + 1 + random.nextLong(tokens)));
                String what = "seed=%d tokens=%d mesh=%s".formatted(SEED, tokens, mesh);
                assertTrue(shorter.linear() < longer.linear() && shorter.attention() < longer.attention(), what);
                assertTrue(shorter.exchange() <= longer.exchange(), what);
                assertTrue(shorter.gathersExposed() >= longer.gathersExposed(), what);
                assertTrue(shorter.ringExposed() >= 0 && shorter.ringHidden() >= 0, what);
                assertTrue(
                        MemoryModel.of(step(method, mesh, tokens)).activations()
                                < MemoryModel.of(step(method, mesh, 2 * tokens)).activations(),
                        what);
            }
        }
    }

    @Test
    void shouldFindTheLengthAfterWhichNothingFits() {
        StepCase step = step(Method.TWO_D, new Mesh(1, 4, 8), 1);
        long largest = LengthSearch.largest(step);
        assertTrue(MemoryModel.of(step.withTokens(largest)).fits());
        assertTrue(!MemoryModel.of(step.withTokens(largest + 1)).fits(), () -> "largest=" + largest);
    }

    @Test
    void shouldWaitForNothingOnOneRank() {
        StepCost cost = CostModel.of(step(Method.TWO_D, Mesh.single(), 4096));
        assertEquals(
                0, cost.exchange() + cost.ringExposed() + cost.ringSteps() + cost.gathersExposed() + cost.tensor());
    }
}
