package io.longreel.config;

/**
 * Which steps of each stage are recorded as a timeline.
 *
 * @param fromStep the first one, from 0: the steps before it are being compiled
 * @param steps how many; 0 = none
 */
public record TraceSettings(int fromStep, int steps) {
    public TraceSettings {
        if (fromStep < 0 || steps < 0) {
            throw new IllegalArgumentException(
                    "recorded steps must not be negative: fromStep=%d steps=%d".formatted(fromStep, steps));
        }
    }

    public boolean isOn() {
        return steps > 0;
    }

    /** Whether a step of a stage is recorded. */
    public boolean covers(int step) {
        return step >= fromStep && step - fromStep < steps;
    }
}
