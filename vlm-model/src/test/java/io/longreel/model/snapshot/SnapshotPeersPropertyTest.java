package io.longreel.model.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On any number of ranks per node: who holds whose slice, and what survives. */
class SnapshotPeersPropertyTest {
    private static final int CASES = 200;

    @Test
    void shouldPairTheSameLocalIndexOnTheNextNode() {
        SnapshotPeers peers = SnapshotPeers.of(List.of("a", "a", "b", "b", "c", "c"), 1);
        assertEquals(List.of(2), peers.holdersOf(0));
        assertEquals(List.of(3), peers.holdersOf(1));
        assertEquals(List.of(1), peers.holdersOf(5));
        assertEquals(List.of(4), peers.sourcesOf(0));
    }

    @Test
    void shouldHaveNoPeersWhenThereIsOneNode() {
        SnapshotPeers peers = SnapshotPeers.of(List.of("a", "a"), 3);
        assertEquals(List.of(), peers.holdersOf(0));
        assertEquals(List.of(), peers.sourcesOf(1));
        assertEquals(2, peers.worldSize());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldKeepEverySliceWhenAsManyNodesAreLostAsThereAreReplicas(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < CASES; i++) {
            List<String> nodeOfRank = nodes(random);
            int nodes = new HashSet<>(nodeOfRank).size();
            int replicas = random.nextInt(nodes);
            String what = "seed=%d case=%d nodes=%s replicas=%d".formatted(seed, i, nodeOfRank, replicas);
            SnapshotPeers peers = SnapshotPeers.of(nodeOfRank, replicas);
            List<String> names = new ArrayList<>(new HashSet<>(nodeOfRank));
            Collections.shuffle(names, random);
            Set<String> lost = new HashSet<>(names.subList(0, replicas));
            for (int rank = 0; rank < nodeOfRank.size(); rank++) {
                List<Integer> all = new ArrayList<>(peers.holdersOf(rank));
                all.add(rank);
                Set<String> on = all.stream().map(nodeOfRank::get).collect(Collectors.toSet());
                assertEquals(replicas + 1, on.size(), what + " rank=" + rank);
                on.removeAll(lost);
                assertFalse(on.isEmpty(), what + " rank=" + rank + " lost=" + lost);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 5, 6})
    void shouldSpreadSlicesEvenlyOverEachNode(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < CASES; i++) {
            List<String> nodeOfRank = nodes(random);
            int replicas = random.nextInt(4);
            String what = "seed=%d case=%d nodes=%s replicas=%d".formatted(seed, i, nodeOfRank, replicas);
            SnapshotPeers peers = SnapshotPeers.of(nodeOfRank, replicas);
            int sent = 0;
            int held = 0;
            for (int rank = 0; rank < nodeOfRank.size(); rank++) {
                for (int holder : peers.holdersOf(rank)) {
                    assertTrue(peers.sourcesOf(holder).contains(rank), what);
                    sent++;
                }
                held += peers.sourcesOf(rank).size();
            }
            assertEquals(sent, held, what);
            for (String node : new HashSet<>(nodeOfRank)) {
                for (String other : new HashSet<>(nodeOfRank)) {
                    int[] loads = IntStream.range(0, nodeOfRank.size())
                            .filter(rank -> nodeOfRank.get(rank).equals(node))
                            .map(rank -> (int) peers.sourcesOf(rank).stream()
                                    .filter(source -> nodeOfRank.get(source).equals(other))
                                    .count())
                            .toArray();
                    int spread = IntStream.of(loads).max().orElseThrow()
                            - IntStream.of(loads).min().orElseThrow();
                    assertTrue(spread <= 1, what + " node=" + node + " from=" + other);
                }
            }
        }
    }

    /** Ranks on up to five nodes, in any order. */
    private static List<String> nodes(Random random) {
        int nodes = 1 + random.nextInt(5);
        int ranks = nodes + random.nextInt(8);
        List<String> names = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
            names.add("n" + (rank < nodes ? rank : random.nextInt(nodes)));
        }
        Collections.shuffle(names, random);
        return names;
    }
}
