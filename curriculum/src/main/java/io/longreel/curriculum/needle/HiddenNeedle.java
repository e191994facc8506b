package io.longreel.curriculum.needle;

import io.longreel.curriculum.dataset.SampleMaker;
import java.nio.file.Path;

/**
 * What lies in a haystack, and what is asked about it.
 *
 * @param answer the right one, without what ends it
 */
record HiddenNeedle(Thing thing, String question, String answer) {

    /** What is seen. */
    sealed interface Thing {

        /** The program's own card with a digit, pasted over the frame where it lies. */
        record Card(int digit) implements Thing {}

        /**
         * A picture, a frame of its own between those of the haystack.
         *
         * @param file where it lies
         * @param index among the needles
         * @param pixels_3hw as the vision tower takes it
         */
        record Shown(Path file, int index, float[] pixels_3hw) implements Thing {}
    }

    static HiddenNeedle card(int digit) {
        return new HiddenNeedle(new Thing.Card(digit), SampleMaker.QUESTION, Integer.toString(digit));
    }

    /** Frames that a haystack has more with it. */
    int framesAdded() {
        return thing instanceof Thing.Shown ? 1 : 0;
    }
}
