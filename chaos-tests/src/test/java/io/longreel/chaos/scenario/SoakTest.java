package io.longreel.chaos.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.chaos.fault.Strike;
import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.ChaosSettings.Phase;
import io.longreel.curriculum.eval.StepMetrics;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SoakTest {
    private static final int STEPS = 100;

    private static List<StepMetrics> steps(IntToLongFunction endMs) {
        return IntStream.range(0, STEPS)
                .mapToObj(step -> StepMetrics.fromJsonLine(
                        "{\"stage\":\"one\",\"stageIndex\":0,\"step\":%d,\"globalStep\":%d,\"timestamp\":%d}"
                                .formatted(step, step, endMs.applyAsLong(step))))
                .toList();
    }

    private static Strike strikeAt(long ms) {
        return new Strike(0, 1, Action.KILL, Phase.IDLE, 0, "node-0", "node-0/1", 1, 0, 0, ms);
    }

    @Test
    void shouldComparePacesFarBehindStrikesOnly() {
        List<StepMetrics> undisturbed = steps(step -> 1000L * step);
        // A quarter slower all the time, and five seconds lost in step 50.
        List<StepMetrics> disturbed = steps(step -> 1250L * step + (step >= 50 ? 5000 : 0));
        long inStep50Ms = 1250L * 49 + 100;
        assertEquals(
                0.8,
                Soak.calmPace(undisturbed, disturbed, List.of(strikeAt(inStep50Ms)))
                        .orElseThrow(),
                1e-9);
        assertEquals(
                99_000.0 / (99 * 1250 + 5000),
                Soak.calmPace(undisturbed, disturbed, List.of()).orElseThrow(),
                1e-9,
                "without a strike the lost seconds count");
    }

    @Test
    void shouldNameEachFaultThatDidNotStrikeButTheLast() {
        Strike first = strikeAt(1);
        Strike twice = new Strike(2, 2, Action.DROP, Phase.RING, 0, "node-0", "node-0/1", 1, 0, 9, 0);
        assertEquals(List.of("fault 2 of 4 did not strike"), Soak.missed(List.of(first, twice, twice), 4));
        assertEquals(List.of(), Soak.missed(List.of(), 1));
        assertEquals(List.of(), Soak.missed(List.of(), 0));
    }

    @Test
    void shouldSayNothingWhereNoStepIsFarFromAStrike() {
        List<StepMetrics> steps = steps(step -> 100L * step);
        List<Strike> everywhere = LongStream.range(0, STEPS)
                .mapToObj(step -> strikeAt(100 * step))
                .toList();
        assertEquals(OptionalDouble.empty(), Soak.calmPace(steps, steps, everywhere));
    }
}
