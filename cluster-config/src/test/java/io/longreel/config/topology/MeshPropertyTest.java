package io.longreel.config.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every mesh with degrees up to 4, either axis inside: small enough to try all. */
final class MeshPropertyTest {
    static Stream<Mesh> meshes() {
        return Stream.of(Mesh.Inner.values())
                .flatMap(inner -> IntStream.rangeClosed(1, 64)
                        .mapToObj(i -> new Mesh(1 + i % 4, 1 + i / 4 % 4, 1 + i / 16 % 4, inner)));
    }

    @ParameterizedTest
    @MethodSource("meshes")
    void shouldGoBackToTheRankWhenCoordinatesAreTakenApart(Mesh mesh) {
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            assertEquals(rank, mesh.rankOf(mesh.dataOf(rank), mesh.ringOf(rank), mesh.ulyssesOf(rank)));
        }
        assertThrows(IllegalArgumentException.class, () -> mesh.dataOf(mesh.worldSize()));
        assertThrows(IllegalArgumentException.class, () -> mesh.ringOf(-1));
    }

    @ParameterizedTest
    @MethodSource("meshes")
    void shouldPartitionTheWorldWhenGroupsOfAnAxisAreTaken(Mesh mesh) {
        assertPartition(mesh, mesh.ulyssesDegree(), mesh::ulyssesGroup);
        assertPartition(mesh, mesh.ringDegree(), mesh::ringGroup);
        assertPartition(mesh, mesh.spDegree(), mesh::sequenceGroup);
    }

    @ParameterizedTest
    @MethodSource("meshes")
    void shouldMeetInTheRankAloneWhenItsRingAndUlyssesGroupCross(Mesh mesh) {
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            Set<Integer> both = new HashSet<>(mesh.ringGroup(rank));
            both.retainAll(mesh.ulyssesGroup(rank));
            assertEquals(Set.of(rank), both);
            assertTrue(mesh.sequenceGroup(rank).containsAll(mesh.ringGroup(rank)));
            assertTrue(mesh.sequenceGroup(rank).containsAll(mesh.ulyssesGroup(rank)));
        }
    }

    @ParameterizedTest
    @MethodSource("meshes")
    void shouldHaveNeighboursInItsGroupsWhenAnAxisIsTheInnerOne(Mesh mesh) {
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            List<Integer> group = mesh.inner() == Mesh.Inner.RING ? mesh.ringGroup(rank) : mesh.ulyssesGroup(rank);
            int first = rank / mesh.innerDegree() * mesh.innerDegree();
            assertEquals(
                    IntStream.range(first, first + mesh.innerDegree()).boxed().toList(), group);
            assertEquals(rank, mesh.sequenceGroup(rank).get(mesh.sequenceIndexOf(rank)));
        }
    }

    @Test
    void shouldHaveUlyssesInsideWhenNothingElseIsSaid() {
        Mesh mesh = new Mesh(2, 3, 4);
        assertEquals(new Mesh(2, 3, 4, Mesh.Inner.ULYSSES), mesh);
        assertEquals((1 * 3 + 2) * 4 + 3, mesh.rankOf(1, 2, 3));
        assertEquals((1 * 4 + 3) * 3 + 2, new Mesh(2, 3, 4, Mesh.Inner.RING).rankOf(1, 2, 3));
        assertEquals("data=2,ring=3,ulysses=4", mesh.toString());
        assertEquals("data=2,ring=3,ulysses=4,inner=ring", new Mesh(2, 3, 4, Mesh.Inner.RING).toString());
    }

    @Test
    void shouldRefuseAMeshWhenADegreeIsBelowOne() {
        assertThrows(RuntimeFailure.class, () -> new Mesh(1, 0, 1));
    }

    private static void assertPartition(Mesh mesh, int degree, IntFunction<List<Integer>> groupOf) {
        List<Integer> all = new ArrayList<>();
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            List<Integer> group = groupOf.apply(rank);
            assertEquals(degree, group.size());
            assertEquals(group, group.stream().sorted().toList());
            assertEquals(group, groupOf.apply(group.getFirst()), "all members see the same group");
            if (group.getFirst() == rank) {
                all.addAll(group);
            }
        }
        assertEquals(mesh.worldGroup(), all.stream().sorted().toList());
    }
}
