package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.StepIntake;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.StepTimes;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepDataTest {
    private static final StepResult RESULT = new StepResult(1, 10, 300, 1, 1e-3, true);
    private static final long MS = 1_000_000;

    private static StepFinished report(int rank, StepTimes times, StepIntake intake) {
        return new StepFinished(new StepId(1, 0, 0), rank, RESULT, times, SentBytes.NONE, intake, List.of());
    }

    /** Two replicas of two ranks. */
    @Test
    void shouldAddUpWhatRanksTookInAndNameTheLongestTimes() {
        List<StepFinished> reports = List.of(
                report(0, new StepTimes(9 * MS, MS, 0, 3 * MS), new StepIntake(4, 2, 256, 5, 1, 7 * MS)),
                report(1, new StepTimes(9 * MS, 4 * MS, 0, 0), new StepIntake(0, 0, 0, 4, 2, 6 * MS)),
                report(2, new StepTimes(9 * MS, MS, 0, 5 * MS), new StepIntake(3, 2, 256, 0, 0, 9 * MS)),
                report(3, new StepTimes(9 * MS, 6 * MS, 0, 0), new StepIntake(0, 0, 0, 0, 3, MS)));
        assertEquals(new StepData(7, 4, 300 / 512.0, 15, 9, 6, 9, 5), StepData.of(reports));
    }

    @Test
    void shouldNotKnowHowFullNothingIs() {
        assertEquals(StepData.UNKNOWN, StepData.of(List.of(report(0, new StepTimes(1, 0, 0), StepIntake.NONE))));
    }
}
