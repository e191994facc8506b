package io.longreel.runtime.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.longreel.config.topology.Mesh;
import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.supervisor.StepCost;
import io.longreel.runtime.supervisor.StepData;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunNumbersTest {
    private final RunNumbers numbers = new RunNumbers(4);

    private double value(Metric metric, long nowMs) {
        Double value = numbers.reading(nowMs).values().get(metric);
        return value == null ? Double.NaN : value;
    }

    @Test
    void shouldKnowNothingButTheMeshBeforeAnythingHappened() {
        assertEquals(Set.of(Metric.WORLD_SIZE), numbers.reading(5).values().keySet());
        assertEquals(Set.of(), numbers.reading(5).totals().keySet());
    }

    @Test
    void shouldTellTheNewestStepInItsUnitsAndAddUpWhatStepsAdd() {
        numbers.learn(News.begun(), 0);
        numbers.learn(News.step(1), 1_000);
        numbers.learn(News.step(2), 2_000);
        assertEquals(1.0, value(Metric.LOSS, 2_000));
        assertEquals(0.5, value(Metric.GRADIENT_NORM, 2_000));
        assertEquals(250, value(Metric.THROUGHPUT, 2_000), 1e-9, "of each of four ranks");
        assertEquals(1, value(Metric.STEP_TIME, 2_000), 1e-9);
        assertEquals(0.1, value(Metric.DATA_TIME, 2_000), 1e-9);
        assertEquals(10, value(Metric.DATA_SHARE, 2_000), 1e-9);
        assertEquals(25, value(Metric.EXPOSED_COMMUNICATION, 2_000), 1e-9);
        assertEquals(1.5, value(Metric.IMBALANCE, 2_000));
        assertEquals(75, value(Metric.FILL, 2_000), 1e-9);
        assertEquals(30, value(Metric.BYTES_INTER_NODE, 2_000));
        assertEquals(2, value(Metric.GLOBAL_STEP, 2_000));
        assertEquals(60.0, numbers.reading(2_000).totals().get(Metric.BYTES_INTER_NODE));
        assertEquals(2_000.0, numbers.reading(2_000).totals().get(Metric.TOKENS));
    }

    @Test
    void shouldTellWhatRanksHaveAndDo() {
        RunNumbers measured = new RunNumbers(4, News.WORK);
        measured.learn(News.step(1), 1_000);
        Map<Metric, Double> values = measured.reading(1_000).values();
        assertEquals(1.0, values.get(Metric.TFLOPS), "of each of four ranks");
        assertEquals(50.0, values.get(Metric.MFU));
        assertEquals(3.0, values.get(Metric.MEMORY_PROCESS));
        assertEquals(1.0, values.get(Metric.MEMORY_ARENAS));
        assertEquals(0.1, values.get(Metric.WAIT_LOCAL));
        assertEquals(0.2, values.get(Metric.WAIT_INTRA_NODE));
        assertEquals(0.3, values.get(Metric.WAIT_INTER_NODE));
        measured.learn(News.step(2, StepCost.UNKNOWN, StepData.UNKNOWN), 2_000);
        StepFigures.ALL.forEach(metric ->
                assertFalse(measured.reading(2_000).values().containsKey(metric), metric + " is the earlier step's"));
        numbers.learn(News.step(1), 1_000);
        assertFalse(numbers.reading(1_000).values().containsKey(Metric.TFLOPS), "nobody counted");
        assertFalse(numbers.reading(1_000).values().containsKey(Metric.MFU), "nobody measured a peak");
    }

    @Test
    void shouldNotKnowTheTimeOfAStepThatSomebodyElseMeasured() {
        numbers.learn(News.step(1), 1_000);
        numbers.learn(News.step(2, StepCost.UNKNOWN, StepData.UNKNOWN), 2_000);
        Set<Metric> known = numbers.reading(2_000).values().keySet();
        for (Metric metric : Set.of(
                Metric.THROUGHPUT,
                Metric.STEP_TIME,
                Metric.DATA_SHARE,
                Metric.EXPOSED_COMMUNICATION,
                Metric.IMBALANCE,
                Metric.FILL)) {
            assertFalse(known.contains(metric), metric + " is the earlier step's");
        }
        assertEquals(1.0, value(Metric.LOSS, 2_000));
    }

    @Test
    void shouldCountFaultsByKindAndWhatTheyCost() {
        numbers.learn(News.begun(), 0);
        numbers.learn(new RunNews.NodeLost("node-1", "killed"), 10_000);
        numbers.learn(new RunNews.RecoveryStarted(2, "node-1 is lost", false), 10_000);
        assertEquals(0.8, value(Metric.GOODPUT, 12_500), 1e-9, "a recovery that goes on counts");
        numbers.learn(new RunNews.RecoveryStarted(3, "and another one", false), 12_600);
        numbers.learn(new RunNews.Placed(3, Mesh.single(), true, "memory"), 13_000);
        numbers.learn(new RunNews.Recovered(3, 4_000, 7, "node-1 is lost"), 14_000);
        assertEquals(0.8, value(Metric.GOODPUT, 20_000), 1e-9);
        assertEquals(4, value(Metric.MTTR, 20_000));
        assertEquals(7, value(Metric.RPO, 20_000));
        assertEquals(1, value(Metric.WORLD_SIZE, 20_000));
        assertEquals(1, numbers.reading(0).faults().get(FaultKind.NODE_LOST));
        assertEquals(2, numbers.reading(0).faults().get(FaultKind.RECOVERY));
        assertEquals(0, numbers.reading(0).faults().get(FaultKind.STRAGGLER));
    }

    @Test
    void shouldNotCallAMoveARepair() {
        numbers.learn(News.begun(), 0);
        numbers.learn(new RunNews.RecoveryStarted(2, "a node asked to leave", true), 1_000);
        numbers.learn(new RunNews.Recovered(2, 500, 0, "a node asked to leave"), 1_500);
        assertFalse(numbers.reading(2_000).values().containsKey(Metric.MTTR));
        assertEquals(0.75, value(Metric.GOODPUT, 2_000), 1e-9);
        assertEquals(1, numbers.reading(0).faults().get(FaultKind.MOVE));
        assertEquals(0, numbers.reading(0).faults().get(FaultKind.RECOVERY));
    }
}
