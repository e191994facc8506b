package io.longreel.runtime.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.RunConfigLoader;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.web.StageTimeline.Stage;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class StageTimelineTest {
    private static final OptionalLong NEVER = OptionalLong.empty();

    private final StageTimeline timeline = new StageTimeline(RunConfigLoader.parse("""
            longreel.stages = [
              { name = one, phases = [{ steps = 3 }] }, { name = two, phases = [{ steps = 4 }, { steps = 2 }] }
            ]
            """, "test", List.of()));

    @Test
    void shouldSayWhenStagesBeganAndEnded() {
        timeline.learn(new RunNews.StageStarted(Position.START, "one"), 100);
        timeline.learn(new RunNews.StageStarted(new Position(1, 0, 3), "two"), 200);
        timeline.learn(new RunNews.StageStarted(new Position(1, 2, 5), "two"), 300); // again, behind a fault
        assertEquals(
                List.of(
                        new Stage("one", 3, 3, OptionalLong.of(100), OptionalLong.of(200), false),
                        new Stage("two", 6, 2, OptionalLong.of(200), NEVER, true)),
                timeline.stages());
        timeline.learn(new RunNews.Closed(), 400);
        assertEquals(
                new Stage("two", 6, 2, OptionalLong.of(200), OptionalLong.of(400), false),
                timeline.stages().getLast());
    }

    @Test
    void shouldNotKnowTheTimesOfStagesThatWereOverBefore() {
        timeline.learn(new RunNews.StageStarted(new Position(1, 1, 4), "two"), 100);
        assertEquals(
                new Stage("one", 3, 3, NEVER, NEVER, false), timeline.stages().getFirst());
    }

    @Test
    void shouldGoBackWhenAFaultThrowsTheRunBackIntoAnEarlierStage() {
        timeline.learn(new RunNews.StageStarted(Position.START, "one"), 100);
        timeline.learn(new RunNews.StageStarted(new Position(1, 1, 4), "two"), 200);
        timeline.learn(new RunNews.StageStarted(new Position(0, 2, 2), "one"), 300);
        assertEquals(
                List.of(
                        new Stage("one", 3, 2, OptionalLong.of(100), NEVER, true),
                        new Stage("two", 6, 0, OptionalLong.of(200), NEVER, false)),
                timeline.stages());
    }
}
