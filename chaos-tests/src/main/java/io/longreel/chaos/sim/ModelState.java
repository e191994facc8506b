package io.longreel.chaos.sim;

/**
 * A training state that is one number: a running hash of everything that was done to it, in order. Two histories that differ in one sample, or in
 * its place, give different numbers; so equality with the undisturbed run is equality of all weights.
 */
final class ModelState {
    private static final long BEGIN = 1;
    private static final long STEP = 2;
    private static final long END = 3;

    private ModelState() {}

    static long initial(long seed) {
        return mix(seed, 0, 0, 0);
    }

    static long begun(long state, int stage) {
        return mix(state, BEGIN, stage, 0);
    }

    static long stepped(long state, int stage, int step) {
        return mix(state, STEP, stage, step);
    }

    static long ended(long state, int stage) {
        return mix(state, END, stage, 0);
    }

    /** The loss that a step reports. */
    static double loss(long state) {
        return (state >>> 12) * 0x1p-52;
    }

    private static long mix(long state, long act, long stage, long step) {
        long z = state * 0x9E3779B97F4A7C15L + act * 0xBF58476D1CE4E5B9L + stage * 0x94D049BB133111EBL + step + 1;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
