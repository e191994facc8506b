package io.longreel.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * One stage of the curriculum (LongVILA, section 3.1 to 3.4): what trains, on what, how long.
 *
 * @param trainable parts that train; all others are frozen
 * @param lora adapters on q, k, v and o of the decoder for this stage, merged at its end; present exactly when {@code trainable} has LORA
 * @param contextTokensMax longest packed sequence; a longer sample is an error, never cut
 * @param evaluation needle test to run when the stage is over
 * @param exports whether the stage leaves a model, and its adapters
 */
public record StageSettings(
        String name,
        Set<Part> trainable,
        Optional<Lora> lora,
        int contextTokensMax,
        Optimizer optimizer,
        List<Phase> phases,
        Optional<Needle> evaluation,
        boolean exports) {

    public StageSettings {
        trainable = Set.copyOf(trainable);
        phases = List.copyOf(phases);
    }

    /** A stage that leaves its model. */
    public StageSettings(
            String name,
            Set<Part> trainable,
            Optional<Lora> lora,
            int contextTokensMax,
            Optimizer optimizer,
            List<Phase> phases,
            Optional<Needle> evaluation) {
        this(name, trainable, lora, contextTokensMax, optimizer, phases, evaluation, true);
    }

    /** Whether a part trains, named itself or within another one. */
    public boolean trains(Part part) {
        return trainable.stream().anyMatch(named -> named.contains(part));
    }

    /** Whether two parts have the same learning rate at every step of the stage. */
    public boolean ratesAreEqual(Part one, Part other) {
        return phases.stream().allMatch(phase -> phase.learningRates().isEqual(one, other));
    }

    /** Steps of all phases. */
    public int steps() {
        return phases.stream().mapToInt(Phase::steps).sum();
    }

    /** Groups of parameters that a stage can train. LLM contains NORMS and EMBEDDING (and the head). */
    public enum Part {
        VISION_TOWER,
        PROJECTOR,
        LLM,
        LORA,
        NORMS,
        EMBEDDING;

        /** Whether what {@code other} names belongs to this part. */
        public boolean contains(Part other) {
            return other == this || (this == LLM && (other == NORMS || other == EMBEDDING));
        }
    }

    /**
     * How positions become angles, as far as somebody set it; what is empty is as it was.
     *
     * @param theta RoPE base
     * @param scale linear scaling: positions are divided by it
     */
    public record Rope(Optional<Double> theta, Optional<Double> scale) {
        /** Nothing was set. */
        public static final Rope UNCHANGED = new Rope(Optional.empty(), Optional.empty());

        /** This, and where it says nothing what was set earlier. */
        public Rope over(Rope earlier) {
            return new Rope(theta.or(earlier::theta), scale.or(earlier::scale));
        }
    }

    /** {@code W += (alpha / rank) B A}. */
    public record Lora(int rank, double alpha) {}

    /** AdamW and clipping by the global norm. {@code clipNorm} 0 = no clipping. */
    public record Optimizer(double beta1, double beta2, double epsilon, double weightDecay, double clipNorm) {}

    /** Shape of the learning rate over the steps of a phase. */
    public enum Schedule {
        CONSTANT,
        COSINE
    }

    /**
     * A run of steps with one data source and one schedule. The learning rate is
     * {@code lr * min(1, (s + 1) / warmupSteps) * decay(s / steps)}; cosine decay ends at {@code finalFraction}.
     *
     * @param learningRates peaks
     * @param rope from this phase on
     */
    public record Phase(
            String name,
            int steps,
            int samplesPerStep,
            LearningRates learningRates,
            Schedule schedule,
            int warmupSteps,
            double finalFraction,
            Rope rope,
            Source source) {

        /** Learning rates of step {@code step} (from 0) of this phase. */
        public LearningRates learningRatesAt(int step) {
            double warm = warmupSteps == 0 ? 1.0 : Math.min(1.0, (step + 1.0) / warmupSteps);
            double decay = schedule == Schedule.CONSTANT
                    ? 1.0
                    : finalFraction + (1 - finalFraction) * 0.5 * (1 + Math.cos(Math.PI * step / steps));
            return learningRates.scaled(warm, decay);
        }
    }

    /** What a sample is made of. */
    public sealed interface Source {
        /** One frame, with or without a needle card, and its description. */
        record Captions() implements Source {}

        /** A video with one needle card and the question for it; the number of frames is drawn from {@code frames}. */
        record NeedleQuestions(List<Integer> frames) implements Source {
            public NeedleQuestions {
                frames = List.copyOf(frames);
            }
        }

        /** Text only: filler with a hidden key, and the question for it; its length is uniform in the range. */
        record Passkeys(int tokensMin, int tokensMax) implements Source {}

        /**
         * Records of the user's datasets.
         *
         * @param mixture such as {@code a+b*3+c@subset}
         * @param weights shares of the datasets by name; empty = by their numbers of records
         * @param shuffled whether the order is drawn from the seed, anew in each epoch
         * @param framesMax most frames of one video
         * @param framesPerSecondMax most frames of each second of a video that is shorter than {@code framesMax / framesPerSecondMax}; 0 = no limit
         * @param aspect what happens to images that are not square
         * @param tilesMax most tiles of one image, with aspect DYNAMIC
         */
        record Dataset(
                String mixture,
                Map<String, Double> weights,
                boolean shuffled,
                int framesMax,
                double framesPerSecondMax,
                Aspect aspect,
                int tilesMax)
                implements Source {
            public Dataset {
                weights = new TreeMap<>(weights);
            }
        }
    }

    /** What happens to an image that is not square (VILA's {@code image_aspect_ratio}; specification 2.1). */
    public enum Aspect {
        /** Squeezed into the square. */
        RESIZE,
        /** Centred in a square of the mean colour. */
        PAD,
        /** Cut into square tiles, with the whole picture behind them. */
        DYNAMIC
    }

    /**
     * Needle in a haystack (LongVILA, section 5.3; specification 7.1).
     *
     * @param name stem of the result files
     * @param frames lengths to test; {@code depths} positions each, spread evenly over [0, 1]; {@code needles} tests per cell
     */
    public record Needle(String name, List<Integer> frames, int depths, int needles) {
        public Needle {
            frames = List.copyOf(frames);
        }
    }
}
