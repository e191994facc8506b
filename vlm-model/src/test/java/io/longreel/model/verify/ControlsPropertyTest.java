package io.longreel.model.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Mistakes made on purpose are found under every mask. */
class ControlsPropertyTest {
    private static final long SEED = 2;

    @ParameterizedTest
    @EnumSource(BrokenSharding.class)
    void shouldFindAMistakeUnderEveryMask(BrokenSharding mistake) {
        for (MaskCase mask : MaskCase.forCoverage()) {
            Control control = Controls.coverage(mistake, mask, SEED);
            assertTrue(control.passed(), control.toString());
            assertTrue(control.wrongRows() > 0.1, control.toString());
        }
    }

    @Test
    void shouldFindOneWrongPairInTheNumbersUnderEveryMask() {
        try (AttentionRun run = new AttentionRun(Devices.cpu(), System::nanoTime)) {
            for (MaskCase mask : MaskCase.forCoverage()) {
                Control control = Controls.onePair(run, mask, DType.F32, SEED);
                assertTrue(control.passed() && control.trials() > 10, control.toString());
            }
        }
    }

    @Test
    void shouldFindThePublishedZigzagWrongAndTheCorrectedOneRight() {
        assertEquals(
                List.of(0.75, 0.875),
                Controls.published().stream().map(Control::wrongRows).limit(2).toList());
        assertTrue(Controls.published().stream().allMatch(Control::passed));
        assertEquals(List.of(), Controls.publishedCorrected());
    }
}
