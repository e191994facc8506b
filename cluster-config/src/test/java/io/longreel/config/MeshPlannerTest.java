package io.longreel.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code mesh = auto}. */
final class MeshPlannerTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 2", "2, 1", "2, 2", "1, 4", "4, 2", "3, 1"})
    void shouldChooseAMeshThatTheClusterAllows(int nodes, int ranksPerNode) {
        RunConfig config = auto(nodes, ranksPerNode);
        assertTrue(config.meshPlanned());
        MeshAdvice advice = new MeshAdvice(nodes, ranksPerNode, 4, 1);
        assertTrue(
                new MeshAdvice(nodes, ranksPerNode, 4, MeshAdvice.ANY).allows(config.mesh()), () -> "" + config.mesh());
        List<Mesh> meshes = MeshPlanner.overNodes(config, advice);
        assertEquals(nodes, meshes.size());
        for (int some = 1; some <= nodes; some++) {
            assertTrue(new MeshAdvice(some, ranksPerNode, 4, 1).allows(meshes.get(some - 1)), meshes::toString);
        }
    }

    @Test
    void shouldCutLongSequencesInsteadOfCopyingTheModel() {
        RunConfig one = RunConfigLoader.load("demo", List.of("mesh=auto", "stages=[\"5-long-sft\"]"));
        assertEquals(1, one.mesh().dataDegree());
        assertEquals(4, one.mesh().spDegree());
    }

    @Test
    void shouldReadWhatItHasWrittenWithoutChoosingAnew() {
        RunConfig config = auto(2, 2);
        RunConfig again = RunConfigLoader.parse(RunConfigLoader.render(config), "run.conf", List.of());
        assertEquals(config.mesh(), again.mesh());
        assertTrue(again.meshPlanned());
        RunConfig own = RunConfigLoader.load("tiny", List.of("mesh=auto", "mesh.ring=4"));
        assertEquals(new Mesh(1, 4, 1), own.mesh());
        assertFalse(own.meshPlanned());
    }

    @Test
    void shouldRefuseOtherWords() {
        RuntimeFailure refused =
                assertThrows(RuntimeFailure.class, () -> RunConfigLoader.load("tiny", List.of("mesh=automatic")));
        assertTrue(
                refused.getMessage().contains("must be auto or a group of keys { ... }, not automatic"),
                refused::getMessage);
    }

    private static RunConfig auto(int nodes, int ranksPerNode) {
        return RunConfigLoader.load(
                "tiny", List.of("mesh=auto", "cluster.nodes=" + nodes, "cluster.ranks-per-node=" + ranksPerNode));
    }
}
