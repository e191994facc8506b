package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.runtime.protocol.StepTimes;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StragglersTest {
    private static final long STEP_NS = 100_000_000;

    private static Stragglers after(int steps, double... slowness) {
        Stragglers stragglers = Stragglers.none();
        for (int step = 0; step < steps; step++) {
            stragglers = stragglers.with(Arrays.stream(slowness)
                    .mapToObj(times -> new StepTimes((long) (times * STEP_NS), 0, 0))
                    .toList());
        }
        return stragglers;
    }

    @Test
    void shouldNameRanksThatAreSlowAlsoWhenTheyAreHalfOfAll() {
        assertEquals(Set.of(1), after(30, 1, 2).news().keySet());
        assertEquals(Set.of(2, 3), after(30, 1, 1, 2, 2).news().keySet());
        assertEquals(Set.of(2), after(30, 1, 1, 2).news().keySet());
        assertTrue(after(30, 1, 1.2, 1.1, 1).news().isEmpty());
    }

    @Test
    void shouldKnowTheSlowestRankOnlyAfterSomeSteps() {
        assertEquals(OptionalDouble.empty(), after(10, 1, 2).slowestMs());
        assertEquals(200, after(30, 1, 2).slowestMs().orElseThrow(), 1e-6);
        assertEquals(List.of(), after(0).named());
    }
}
