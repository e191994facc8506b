package io.longreel.ops.cpu;

/**
 * How many cores the matrix products of a thread use. A rank is one compute thread: where ranks are as many as cores, each must use one,
 * or the OpenMP teams of several ranks starve each other (products become a hundred times slower). Any thread, for itself.
 */
public final class CpuThreads {
    private CpuThreads() {}

    /** Matrix products called from the current thread use this many threads from now on. */
    public static void use(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("a product needs a thread: threads=" + threads);
        }
        OneDnn.setThreads(threads);
    }
}
