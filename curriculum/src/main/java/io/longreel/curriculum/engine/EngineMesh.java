package io.longreel.curriculum.engine;

import io.longreel.config.RuntimeFailure;

/** Ranks that do ticks, wherever they live. One tick is in flight at a time. */
public interface EngineMesh extends AutoCloseable {

    /** Hears of the mesh; from any thread, one at a time. */
    interface Listener {
        /** Ranks with empty caches wait for ticks of this incarnation, whose numbers begin at 1. */
        void ready(long incarnation, int ringDegree);

        /** The tick in flight is done. */
        void done(TickResult result);

        /** Some rank is lost, and with it the tick in flight; others will be ready, or the mesh fails. */
        void lost(String reason);

        /** There will be no ranks any more. */
        void failed(RuntimeFailure failure);
    }

    /** Brings the ranks up; returns at once. Called once. */
    void start(Listener listener);

    /** Has all ranks do a tick; returns at once. Without effect when its incarnation is over: the listener has been told, or will be. */
    void run(EngineTick tick);

    /** Frees the ranks; waits for a tick in flight. */
    @Override
    void close();
}
