package io.longreel.model.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.topology.Mesh;
import io.longreel.ops.device.Devices;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows travel when they change owner, and only then; gradients come back the same way; no label is lost or made up. */
class RedistributionPropertyTest {

    @ParameterizedTest
    @CsvSource({"1, 1, ULYSSES", "2, 1, RING", "1, 3, ULYSSES", "2, 2, ULYSSES", "2, 2, RING", "3, 2, RING"})
    void shouldMoveExactlyTheRowsThatChangeOwner(int ring, int ulysses, Mesh.Inner inner) {
        RedistributionCheck check = new RedistributionCheck(Devices.cpu(), 4);
        RedistributionCheck.Summary sum = RedistributionCheck.Summary.NONE;
        for (int tokens : new int[] {1, 5, 40, 131}) {
            sum = sum.plus(check.check(new Mesh(1, ring, ulysses, inner), tokens));
        }
        assertEquals(List.of(), sum.failures());
        assertTrue(sum.labels() > 100 && sum.mediaRows() > 100, sum.toString());
        assertEquals(ring * ulysses > 1, sum.movedRows() > 0, sum.toString());
    }
}
