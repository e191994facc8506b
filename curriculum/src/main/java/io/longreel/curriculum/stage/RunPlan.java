package io.longreel.curriculum.stage;

import io.longreel.config.LearningRates;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Phase;
import io.longreel.config.StageSettings.Rope;
import java.util.List;

/**
 * The steps of a run laid end to end: for any step of any stage, the phase it lies in, its learning rates, and the RoPE that holds there.
 * A run that resumes in the middle asks the same questions and gets the same answers as one that walked there. Immutable.
 */
public final class RunPlan {

    /**
     * One step of the run.
     *
     * @param stageIndex position of the stage in the run, from 0
     * @param step step in the stage, from 0
     * @param globalStep step in the run, from 0
     * @param phaseIndex phase in the stage, from 0
     * @param phaseStep step in the phase, from 0
     * @param learningRates of this step
     * @param rope what holds, set here or before; what is empty is the model's own
     */
    public record Point(
            int stageIndex,
            int step,
            int globalStep,
            int phaseIndex,
            int phaseStep,
            Phase phase,
            LearningRates learningRates,
            Rope rope) {

        /** Learning rate of this step, of every part without one of its own. */
        public double learningRate() {
            return learningRates.common();
        }

        /** Whether a phase begins here, and with it perhaps another RoPE. */
        public boolean startsPhase() {
            return phaseStep == 0;
        }
    }

    private final List<StageSettings> stages;
    /** Steps before each stage; one more entry than stages. */
    private final int[] starts;

    private RunPlan(List<StageSettings> stages, int[] starts) {
        this.stages = stages;
        this.starts = starts;
    }

    public static RunPlan of(List<StageSettings> stages) {
        int[] starts = new int[stages.size() + 1];
        for (int i = 0; i < stages.size(); i++) {
            starts[i + 1] = Math.addExact(starts[i], stages.get(i).steps());
        }
        return new RunPlan(List.copyOf(stages), starts);
    }

    /** Steps of the whole run. */
    public int steps() {
        return starts[stages.size()];
    }

    public List<StageSettings> stages() {
        return stages;
    }

    /** Step {@code step} of stage {@code stageIndex}. */
    public Point at(int stageIndex, int step) {
        if (stageIndex < 0
                || stageIndex >= stages.size()
                || step < 0
                || step >= stages.get(stageIndex).steps()) {
            throw new IllegalArgumentException("step must lie in the run: stageIndex=%d step=%d stages=%d"
                    .formatted(stageIndex, step, stages.size()));
        }
        List<Phase> phases = stages.get(stageIndex).phases();
        int phaseIndex = 0;
        int phaseStep = step;
        while (phaseStep >= phases.get(phaseIndex).steps()) {
            phaseStep -= phases.get(phaseIndex).steps();
            phaseIndex++;
        }
        Phase phase = phases.get(phaseIndex);
        return new Point(
                stageIndex,
                step,
                starts[stageIndex] + step,
                phaseIndex,
                phaseStep,
                phase,
                phase.learningRatesAt(phaseStep),
                rope(stageIndex, phaseIndex));
    }

    /** Step {@code globalStep} of the run. */
    public Point at(int globalStep) {
        if (globalStep < 0 || globalStep >= steps()) {
            throw new IllegalArgumentException(
                    "step must lie in the run: globalStep=%d steps=%d".formatted(globalStep, steps()));
        }
        int stageIndex = 0;
        while (starts[stageIndex + 1] <= globalStep) {
            stageIndex++;
        }
        return at(stageIndex, globalStep - starts[stageIndex]);
    }

    /** The RoPE that holds when a stage is over, which is when it is tested. */
    public Rope ropeAfter(int stageIndex) {
        return rope(stageIndex, stages.get(stageIndex).phases().size() - 1);
    }

    private Rope rope(int stageIndex, int phaseIndex) {
        Rope rope = Rope.UNCHANGED;
        for (int stage = 0; stage <= stageIndex; stage++) {
            List<Phase> phases = stages.get(stage).phases();
            int last = stage == stageIndex ? phaseIndex : phases.size() - 1;
            for (Phase phase : phases.subList(0, last + 1)) {
                rope = phase.rope().over(rope);
            }
        }
        return rope;
    }
}
