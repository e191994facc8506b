package io.longreel.config.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PaperReader;
import io.longreel.config.PlanPresets;
import io.longreel.config.plan.PaperModel.Prediction;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The planner beside LongVILA's tables 7 and 8. */
class PaperModelTest {
    private static final double MEDIAN = 0.05;
    private static final double WORST = 0.12;
    private static final int FITTED_MAX = 6;

    private final PaperModel model = PaperReader.model();
    private final List<Prediction> predictions = model.predictions();

    @Test
    void shouldBeRightAboutTimesOfRingUlyssesAndBoth() {
        PaperErrors all = PaperErrors.overall(predictions);
        assertEquals(46, all.cells(), "cells from 64K on with seconds in the paper and the prediction");
        assertTrue(all.median() <= MEDIAN && all.worst() <= WORST, all::toString);
        for (PaperErrors column : PaperErrors.byColumn(predictions)) {
            if (List.of("2d", "ulysses", "ring").contains(column.column())) {
                assertTrue(column.median() <= MEDIAN && column.worst() <= WORST, column::toString);
            }
        }
    }

    @Test
    void shouldBeAsRightAboutCellsThatNothingWasFittedTo() {
        PaperErrors heldOut = PaperErrors.overall(
                predictions.stream().filter(p -> !p.fitted()).toList());
        assertEquals(42, heldOut.cells());
        assertTrue(heldOut.median() <= MEDIAN && heldOut.worst() <= WORST, heldOut::toString);
    }

    @Test
    void shouldRunOutOfMemoryWithinOneRowOfTheTables() {
        PaperErrors.byColumn(predictions).forEach(column -> assertTrue(column.memorySteps() <= 1, column::toString));
    }

    @Test
    void shouldSayThatTwoMillionTokensFitOn256Gpus() {
        MeshChoice choice = MeshChoice.of(new io.longreel.config.topology.Mesh(1, 32, 8));
        for (String gpu : List.of("a100-80", "h100-80")) {
            StepCase step = new StepCase(
                    model.model().withoutVision(),
                    PlanPresets.cluster(gpu, 256),
                    PlanPresets.software("longvila"),
                    Workload.text(2L << 20),
                    Method.TWO_D,
                    choice);
            assertTrue(MemoryModel.of(step).fits(), gpu);
        }
    }

    @Test
    void shouldFitTheSameConstantsAnewFromSixCells() {
        long cells = predictions.stream().filter(Prediction::fitted).count();
        assertTrue(cells <= FITTED_MAX, "fitted cells: " + cells);
        FittedConstants committed = PlanPresets.fitted();
        FittedConstants elsewhere = new FittedConstants(0.5, 0.05, 0.4, 1e-4, 1, 0.5);
        FittedConstants anew =
                PaperFit.of(new PaperModel(model.paper(), model.model(), model.h100(), model.a100(), elsewhere));
        double fourDigits = 5e-4;
        assertEquals(1, anew.attentionShare() / committed.attentionShare(), fourDigits);
        assertEquals(1, anew.fixedSeconds() / committed.fixedSeconds(), fourDigits);
        assertEquals(1, anew.ringHiddenShare() / committed.ringHiddenShare(), fourDigits);
        assertEquals(1, anew.ringStepSeconds() / committed.ringStepSeconds(), fourDigits);
        assertEquals(1, anew.megatronAttentionShare() / committed.megatronAttentionShare(), fourDigits);
        assertEquals(committed.zero3LostMemory(), anew.zero3LostMemory());
    }
}
