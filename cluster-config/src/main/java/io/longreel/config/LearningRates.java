package io.longreel.config;

import io.longreel.config.StageSettings.Part;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * Learning rates of the parts of a model, at one step or at their peak. A part that has none of its own has the common one; norms and embedding, which
 * {@link Part#LLM} contains, first look for that of the decoder. Immutable.
 *
 * @param common of every part without one of its own
 * @param own by part
 */
public record LearningRates(double common, Map<Part, Double> own) {

    public LearningRates {
        own = Map.copyOf(own);
    }

    /** One rate for everything. */
    public static LearningRates of(double common) {
        return new LearningRates(common, Map.of());
    }

    /** The rate of a part. */
    public double of(Part part) {
        Double rate = own.get(part);
        if (rate == null && Part.LLM.contains(part)) {
            rate = own.get(Part.LLM);
        }
        return rate == null ? common : rate;
    }

    /** All of them, warmed up and decayed alike: in this order, so that equal rates stay equal to the bit. */
    LearningRates scaled(double warm, double decay) {
        Map<Part, Double> scaled = new EnumMap<>(Part.class);
        own.forEach((part, rate) -> scaled.put(part, rate * warm * decay));
        return new LearningRates(common * warm * decay, scaled);
    }

    /** Whether two parts have the same rate. */
    boolean isEqual(Part one, Part other) {
        return Objects.equals(of(one), of(other));
    }
}
