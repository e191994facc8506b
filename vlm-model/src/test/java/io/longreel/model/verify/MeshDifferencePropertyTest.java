package io.longreel.model.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.DType;
import org.junit.jupiter.api.Test;

/** The same sequence on many meshes in all layouts: to the bit with exact sums, nearly with fast ones. */
class MeshDifferencePropertyTest {

    @Test
    void shouldGiveTheSameBitsOnEveryMeshWithExactSums() {
        try (AttentionRun run = new AttentionRun(Devices.plain(), System::nanoTime)) {
            MeshDifference.Summary exact = MeshDifference.of(run, MaskCase.prefix(), DType.F32, true, 1);
            assertTrue(exact.passed(), exact.toString());
            assertEquals(35, exact.results());
        }
    }

    @Test
    void shouldDifferByRoundingWithFastSums() {
        try (AttentionRun run = new AttentionRun(Devices.cpu(), System::nanoTime)) {
            MeshDifference.Summary fast = MeshDifference.of(run, MaskCase.prefix(), DType.F32, false, 1);
            assertTrue(fast.passed() && fast.equal() < fast.results(), fast.toString());
            assertTrue(fast.worst().out() < 1e-5 && fast.worst().gradients() < 1e-4, fast.toString());
        }
    }
}
