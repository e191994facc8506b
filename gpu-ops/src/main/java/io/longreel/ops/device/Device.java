package io.longreel.ops.device;

import io.longreel.ops.kernels.Kernels;

/**
 * Where kernels come from. A device is shared by all ranks of a process; its kernels hold no state, so that each rank calls them from its
 * own compute thread.
 */
public interface Device {

    /** Name for logs and reports, such as {@code cpu}. */
    String name();

    Kernels kernels();

    /**
     * Called by each rank's compute thread before its first kernel. One rank computes on one core, on every machine: a product's bits may depend on how
     * many threads share it, and teams of several ranks would starve each other.
     */
    default void bindThread() {}
}
