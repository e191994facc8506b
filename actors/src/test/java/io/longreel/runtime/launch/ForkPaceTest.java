package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ForkPaceTest {
    private final ForkPace pace = new ForkPace();
    private long nowMs = -5;

    private OptionalLong livesFor(long ms) {
        pace.born(nowMs);
        nowMs += ms;
        return pace.died(nowMs, true);
    }

    @Test
    void shouldForkAtOnceWhenAProcessThatWorkedDies() {
        for (int i = 0; i < 100; i++) {
            assertEquals(OptionalLong.of(0), livesFor(ForkPace.YOUNG_MS));
        }
    }

    @Test
    void shouldWaitLongerEachTimeAndGiveUpWhenProcessesKeepDyingYoung() {
        long[] delays = LongStream.range(1, ForkPace.YOUNG_DEATHS_MAX)
                .map(death -> livesFor(ForkPace.YOUNG_MS - 1).orElseThrow())
                .toArray();
        assertEquals(
                "[0, 250, 500, 1000, 2000, 4000, 8000]",
                LongStream.of(delays).boxed().toList().toString());
        assertEquals(OptionalLong.empty(), livesFor(3));
    }

    @Test
    void shouldForgetYoungDeathsWhenOneLives() {
        livesFor(1);
        livesFor(1);
        livesFor(ForkPace.YOUNG_MS);
        assertEquals(OptionalLong.of(0), livesFor(1));
        assertEquals(OptionalLong.of(250), livesFor(1));
    }

    @Test
    void shouldLetTheRanksGetGoingFirstWhenOthersStandBy() {
        ForkPace pace = new ForkPace();
        pace.born(0);
        assertEquals(OptionalLong.of(ForkPace.NOT_URGENT_DELAY_MS), pace.died(ForkPace.YOUNG_MS, false));
        pace.born(ForkPace.YOUNG_MS);
        assertEquals(OptionalLong.of(0), pace.died(2 * ForkPace.YOUNG_MS, true));
    }
}
