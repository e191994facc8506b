package io.longreel.model.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Coverage of all meshes up to 8 x 8 at some lengths; all lengths up to 257 are in {@code bin/longreel verify --all}. */
class CoverageProofPropertyTest {
    private static final long SEED = 5;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 16, 17, 40, 63, 64, 65})
    void shouldComputeEveryAllowedPairOnceAndNoOther(int tokens) {
        CoverageProof proof = new CoverageProof(MaskCase.forCoverage(), List.of(PackingCase.values()), 8, 8, SEED);
        CoverageProof.Summary summary = proof.ofLength(tokens);
        assertEquals(List.of(), summary.examples());
        assertEquals(0, summary.wrongConfigurations());
        int perMesh = MaskCase.forCoverage().size() * PackingCase.values().length * LayoutCase.values().length;
        assertEquals(64L * perMesh, summary.configurations());
        assertTrue(summary.pairs() >= summary.configurations() * tokens / 2);
    }

    /** Public LongVILA code, Ulysses 2: every token has an owner, but the ring takes late rows for early ones. */
    @ParameterizedTest
    @CsvSource({"2, 48", "4, 112"})
    void shouldFindThePublishedZigzagWrong(int ring, int wrongRows) {
        Coverage.Faults faults = causal(PublicZigzag.asPublished(ring, 2, 8));
        assertEquals(0, faults.ownershipFaults());
        assertEquals(wrongRows, faults.wrongRows());
        assertTrue(faults.leakedPairs() > 0 && faults.missingPairs() > 0, faults.toString());
    }

    /** Public LongVILA code, Ulysses 8, ring 2: chunk numbers run past the end, 6 of 32 chunks have no owner. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void shouldFindTokensThatThePublishedZigzagLoses(int chunkTokens) {
        Coverage.Faults faults = causal(PublicZigzag.asPublished(2, 8, chunkTokens));
        assertEquals(6 * chunkTokens, faults.ownershipFaults());
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "2, 2", "4, 2", "2, 8", "8, 8"})
    void shouldFindTheCorrectedZigzagRight(int ring, int ulysses) {
        assertTrue(causal(PublicZigzag.corrected(ring, ulysses, 3)).none());
    }

    private static Coverage.Faults causal(Sharding sharding) {
        Coverage coverage = new Coverage(sharding);
        PairMatrix allowed = new PairMatrix(sharding.tokens());
        for (int q = 0; q < sharding.tokens(); q++) {
            for (int k = 0; k <= q; k++) {
                allowed.set(q, k);
            }
        }
        return coverage.against(allowed.withKeysAt(coverage.place()), new int[sharding.ringDegree()]);
    }
}
