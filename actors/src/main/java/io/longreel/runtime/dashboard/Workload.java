package io.longreel.runtime.dashboard;

import io.longreel.config.RunConfig;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Needle;
import io.longreel.config.StageSettings.Phase;
import io.longreel.config.StageSettings.Source;
import java.util.List;

/**
 * How much work a run is, so that the time that remains can be told although its steps differ a hundredfold: the
 * expected tokens of each step and of each needle test, which costs a third of a training step of its length (no
 * backward), and a fixed part. Only ratios count. Immutable.
 */
public final class Workload {
    private static final double STEP_OVERHEAD_TOKENS = 60;
    private static final double SAMPLE_OVERHEAD_TOKENS = 30;
    private static final double FORWARD_SHARE = 1.0 / 3;

    private final List<StageSettings> stages;
    private final int tokensPerFrame;

    private Workload(List<StageSettings> stages, int tokensPerFrame) {
        this.stages = stages;
        this.tokensPerFrame = tokensPerFrame;
    }

    public static Workload of(RunConfig config, int tokensPerFrame) {
        return new Workload(config.stages(), tokensPerFrame);
    }

    /** Work up to a point: {@code step} steps of {@code stage} and {@code cells} cells of its needle test are done. */
    public double before(int stage, int step, int cells) {
        double work = 0;
        for (int i = 0; i < stage; i++) {
            work += ofSteps(stages.get(i), stages.get(i).steps()) + ofCells(stages.get(i), Integer.MAX_VALUE);
        }
        return work + ofSteps(stages.get(stage), step) + ofCells(stages.get(stage), cells);
    }

    /** Work of the whole run. */
    public double total() {
        int last = stages.size() - 1;
        return before(last, stages.get(last).steps(), Integer.MAX_VALUE);
    }

    private double ofSteps(StageSettings stage, int steps) {
        double work = 0;
        int left = steps;
        for (Phase phase : stage.phases()) {
            int here = Math.min(left, phase.steps());
            work += here * ofStep(phase);
            left -= here;
        }
        return work;
    }

    private double ofStep(Phase phase) {
        double tokens = switch (phase.source()) {
            case Source.Captions captions -> tokensPerFrame;
            case Source.NeedleQuestions questions ->
                questions.frames().stream()
                                .mapToInt(Integer::intValue)
                                .average()
                                .orElse(0)
                        * tokensPerFrame;
            case Source.Passkeys passkeys -> (passkeys.tokensMin() + passkeys.tokensMax()) / 2.0;
            // What records hold is not known here: as if each were one video.
            case Source.Dataset dataset -> (double) dataset.framesMax() * tokensPerFrame;
        };
        return STEP_OVERHEAD_TOKENS + phase.samplesPerStep() * (tokens + SAMPLE_OVERHEAD_TOKENS);
    }

    private double ofCells(StageSettings stage, int cells) {
        if (stage.evaluation().isEmpty()) {
            return 0;
        }
        Needle needle = stage.evaluation().get();
        double work = 0;
        for (int cell = 0; cell < Math.min(cells, needle.frames().size() * needle.depths()); cell++) {
            int frames = needle.frames().get(cell / needle.depths());
            work += FORWARD_SHARE * needle.needles() * ((double) frames * tokensPerFrame + SAMPLE_OVERHEAD_TOKENS);
        }
        return work;
    }
}
