package io.longreel.model.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.topology.Mesh;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.DType;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same mesh gives the same bits again, and whatever arrives first. */
class ArrivalOrderPropertyTest {

    @ParameterizedTest
    @EnumSource(LayoutCase.class)
    void shouldGiveTheSameBitsWhateverArrivesFirst(LayoutCase layout) {
        try (AttentionRun run = new AttentionRun(Devices.cpu(), System::nanoTime)) {
            AttentionCase c = new AttentionCase(
                    "test",
                    new Mesh(1, 3, 2),
                    layout,
                    MaskCase.prefix(),
                    DType.F32,
                    new AttentionShape(97, 5, 5, 16, 16),
                    new int[] {50, 1, 46},
                    9);
            ArrivalOrderCheck.Summary summary = new ArrivalOrderCheck(run, 11).check(c);
            assertEquals(List.of(), summary.failures());
            assertTrue(summary.heldFrames() > 10, summary.toString());
        }
    }
}
