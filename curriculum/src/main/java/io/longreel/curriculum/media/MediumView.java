package io.longreel.curriculum.media;

import io.longreel.config.StageSettings.Aspect;
import io.longreel.config.StageSettings.Source;
import io.longreel.curriculum.corpus.Medium;

/** A medium, and how a source looks at it: what its frames follow from. */
public record MediumView(Medium medium, Look look) {

    /** How a source looks at its media; see {@link Source.Dataset}. */
    public record Look(int framesMax, double framesPerSecondMax, Aspect aspect, int tilesMax) {
        public static Look of(Source.Dataset source) {
            return new Look(source.framesMax(), source.framesPerSecondMax(), source.aspect(), source.tilesMax());
        }

        public Look withFramesMax(int other) {
            return new Look(other, framesPerSecondMax, aspect, tilesMax);
        }
    }
}
