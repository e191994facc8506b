package io.longreel.config.topology;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh.Inner;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class MeshAdviceTest {
    @Test
    void shouldListExactlyTheMeshesThatKeepTheRulesWhenAllAreTried() {
        int listed = 0;
        for (int nodes = 1; nodes <= 4; nodes++) {
            for (int ranksPerNode = 1; ranksPerNode <= 6; ranksPerNode++) {
                for (int heads = 1; heads <= 5; heads += 2) {
                    for (int samples = 1; samples <= 4; samples += 3) {
                        MeshAdvice advice = new MeshAdvice(nodes, ranksPerNode, heads, samples);
                        Set<Mesh> expected = keepingTheRules(advice);
                        assertEquals(expected, new HashSet<>(advice.allowed()), advice::toString);
                        assertEquals(expected.size(), advice.allowed().size(), advice::toString);
                        assertTrue(expected.contains(new Mesh(1, advice.ranks(), 1)), "the ring takes all");
                        listed += expected.size();
                    }
                }
            }
        }
        assertTrue(listed > 500, () -> "too few to tell");
    }

    /** The rules once more, rank by rank: no group of the inner axis has ranks of two nodes. */
    private static Set<Mesh> keepingTheRules(MeshAdvice advice) {
        Set<Mesh> meshes = new HashSet<>();
        for (int data = 1; data <= Math.min(advice.ranks(), advice.samples()); data++) {
            for (int ring = 1; ring <= advice.ranks(); ring++) {
                for (int ulysses = 1; ulysses <= advice.heads(); ulysses++) {
                    for (Inner inner : Inner.values()) {
                        Mesh mesh = new Mesh(data, ring, ulysses, inner);
                        if (mesh.worldSize() == advice.ranks() && staysInside(mesh, advice.ranksPerNode())) {
                            meshes.add(mesh);
                        }
                    }
                }
            }
        }
        return meshes;
    }

    private static boolean staysInside(Mesh mesh, int ranksPerNode) {
        return mesh.worldGroup().stream().allMatch(rank -> {
            List<Integer> group = mesh.inner() == Inner.RING ? mesh.ringGroup(rank) : mesh.ulyssesGroup(rank);
            return group.stream()
                            .map(member -> member / ranksPerNode)
                            .distinct()
                            .count()
                    == 1;
        });
    }

    @Test
    void shouldChangeAsLittleAsPossibleWhenAMeshIsRefused() {
        // Half of Ulysses goes to the ring or to the data axis; then all that is left is as far as any other.
        MeshAdvice advice = new MeshAdvice(2, 8, 4, 4);
        assertEquals(
                List.of(new Mesh(1, 4, 4), new Mesh(2, 2, 4), new Mesh(4, 1, 4)), advice.nearest(new Mesh(1, 2, 8)));
        assertEquals(
                "; nearest that work: data=1 ring=4 ulysses=4 or data=2 ring=2 ulysses=4 or data=4 ring=1 ulysses=4",
                advice.hint(new Mesh(1, 2, 8)));
    }

    @Test
    void shouldOfferTheOtherAxisInsideWhenAGroupStraddlesNodes() {
        MeshAdvice advice = new MeshAdvice(4, 2, 28, 1);
        assertEquals(
                new Mesh(1, 2, 4, Inner.RING), advice.nearest(new Mesh(1, 2, 4)).getFirst());
        assertEquals(
                new Mesh(1, 4, 2), advice.nearest(new Mesh(1, 4, 2, Inner.RING)).getFirst());
    }

    @Test
    void shouldKeepTheRanksWhenTheDegreesDoNotMultiplyToThem() {
        MeshAdvice advice = new MeshAdvice(2, 2, MeshAdvice.ANY, MeshAdvice.ANY);
        assertEquals(
                List.of(new Mesh(1, 2, 2), new Mesh(1, 4, 1), new Mesh(2, 1, 2)), advice.nearest(new Mesh(1, 3, 2)));
    }

    @Test
    void shouldSayNothingWhenTheClusterItselfIsTooLarge() {
        MeshAdvice advice = new MeshAdvice(1024, 2, 4, 4);
        assertEquals("", advice.hint(new Mesh(1, 1, 1)));
        assertFalse(advice.allows(new Mesh(1, 2048, 1)));
    }

    @Test
    void shouldAnswerTheSameWhenAskedTwice() {
        MeshAdvice advice = new MeshAdvice(8, 12, 28, 5);
        for (Mesh mesh : advice.allowed()) {
            assertEquals(mesh, advice.nearest(mesh).getFirst(), "a mesh that works is the nearest to itself");
            assertEquals(advice.nearest(mesh), advice.nearest(mesh));
        }
    }

    @Test
    void shouldOfferFewerRanksWhenTheyAreAllInThisProcess() {
        RuntimeFailure failure =
                assertThrows(RuntimeFailure.class, () -> MeshAdvice.requireInProcess(new Mesh(1, 1, 5), 4));
        assertEquals(
                "the Ulysses degree must not exceed the query heads of the model: ulysses=5 heads=4;"
                        + " nearest that work: ring=1,ulysses=4 or ring=1,ulysses=3 or ring=1,ulysses=2",
                failure.getMessage());
        assertDoesNotThrow(() -> MeshAdvice.requireInProcess(new Mesh(1, 256, 4), 4));
        assertThrows(RuntimeFailure.class, () -> MeshAdvice.requireInProcess(new Mesh(1, 257, 4), 4));
    }
}
