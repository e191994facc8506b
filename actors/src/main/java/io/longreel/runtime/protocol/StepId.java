package io.longreel.runtime.protocol;

/**
 * What a message is about. The generation fences: whoever gets one of another incarnation of the mesh answers {@code
 * Fenced} and does nothing else.
 *
 * @param generation number of the mesh incarnation, from 1
 * @param stage index of the stage, from 0
 * @param step step within the stage, from 0; for messages between steps, the number of steps committed in the stage
 */
public record StepId(int generation, int stage, int step) {
    public StepId {
        Facts.atLeast(1, generation, "generation");
        Facts.atLeast(0, stage, "stage");
        Facts.atLeast(0, step, "step");
    }

    @Override
    public String toString() {
        return "generation=%d stage=%d step=%d".formatted(generation, stage, step);
    }
}
