package io.longreel.model.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.device.Devices;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Every mask in every layout with either exchange type, on meshes, heads, dims, lengths and packings that a seed chooses: numbers against attention in
 * double, pairs, bytes. The whole grid is {@code bin/longreel verify --all}.
 */
class AttentionGridPropertyTest {
    private static final long SEED = 3;

    @Test
    void shouldEqualDenseAttentionInDoubleUnderEveryMaskInEveryLayout() {
        AttentionGrid grid = AttentionGrid.representative(SEED);
        try (AttentionRun run = new AttentionRun(Devices.cpu(), System::nanoTime)) {
            AttentionCheck check = new AttentionCheck(run);
            List<String> failures = grid.cases().stream()
                    .map(check::check)
                    .flatMap(result -> result.failures().stream())
                    .toList();
            assertEquals(List.of(), failures, "seed=" + SEED);
        }
        assertEquals(0, grid.excludedCombinations());
    }

    @Test
    void shouldChooseTheSameCasesAgainAndHoldEveryValueOfEveryAxis() {
        AttentionGrid grid = AttentionGrid.all(SEED);
        List<AttentionCase> cases = grid.cases();
        assertTrue(cases.size() >= 1000, () -> "cases=" + cases.size());
        assertEquals(
                cases.stream().map(AttentionCase::toString).toList(),
                AttentionGrid.all(SEED).cases().stream()
                        .map(AttentionCase::toString)
                        .toList());
        for (MaskCase mask : MaskCase.forGrid()) {
            for (LayoutCase layout : LayoutCase.values()) {
                List<AttentionCase> own = cases.stream()
                        .filter(c -> c.mask().name().equals(mask.name()) && c.layout() == layout)
                        .toList();
                String where = mask + " " + layout;
                assertEquals(
                        34, own.stream().map(AttentionCase::mesh).distinct().count(), where);
                assertEquals(
                        2, own.stream().map(AttentionCase::exchange).distinct().count(), where);
                assertTrue(
                        own.stream()
                                .map(c -> c.shape().heads())
                                .collect(Collectors.toSet())
                                .contains(128),
                        where);
                assertTrue(own.stream().anyMatch(c -> c.shape().tokens() == 8192), where);
            }
        }
    }
}
