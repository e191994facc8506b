package io.longreel.runtime.web;

import io.longreel.config.RunConfig;
import io.longreel.config.StageSettings;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.RunNews;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** When each stage began and ended, and how far it is. Guarded by its owner, but for {@link Stage}, which is immutable. */
final class StageTimeline {
    /**
     * A stage.
     *
     * @param done committed steps; all of them when the run was already behind this stage
     * @param beganMs when this process saw it begin
     * @param endedMs when this process saw the next one begin, or the run end
     */
    record Stage(String name, int steps, int done, OptionalLong beganMs, OptionalLong endedMs, boolean isCurrent) {}

    private final List<Stage> stages = new ArrayList<>();

    StageTimeline(RunConfig config) {
        for (StageSettings stage : config.stages()) {
            stages.add(new Stage(stage.name(), stage.steps(), 0, OptionalLong.empty(), OptionalLong.empty(), false));
        }
    }

    void learn(RunNews news, long nowMs) {
        switch (news) {
            case RunNews.StageStarted started -> reach(started.position(), nowMs);
            case RunNews.StepCommitted committed -> reach(committed.step().position(), nowMs);
            case RunNews.Closed closed -> stages.replaceAll(stage -> stage.isCurrent() ? ended(stage, nowMs) : stage);
            default -> {} // no stage goes on by it
        }
    }

    private void reach(Position position, long nowMs) {
        for (int i = 0; i < stages.size(); i++) {
            Stage stage = stages.get(i);
            if (i < position.stage()) {
                Stage whole =
                        new Stage(stage.name(), stage.steps(), stage.steps(), stage.beganMs(), stage.endedMs(), false);
                stages.set(i, stage.isCurrent() ? ended(whole, nowMs) : whole);
            } else if (i == position.stage()) {
                OptionalLong began = stage.beganMs().isPresent() ? stage.beganMs() : OptionalLong.of(nowMs);
                stages.set(
                        i, new Stage(stage.name(), stage.steps(), position.step(), began, OptionalLong.empty(), true));
            } else if (stage.isCurrent()) { // a checkpoint of an earlier stage was the newest whole one
                stages.set(i, new Stage(stage.name(), stage.steps(), 0, stage.beganMs(), OptionalLong.empty(), false));
            }
        }
    }

    private static Stage ended(Stage stage, long nowMs) {
        return new Stage(stage.name(), stage.steps(), stage.done(), stage.beganMs(), OptionalLong.of(nowMs), false);
    }

    List<Stage> stages() {
        return List.copyOf(stages);
    }
}
