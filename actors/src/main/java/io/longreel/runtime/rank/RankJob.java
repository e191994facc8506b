package io.longreel.runtime.rank;

import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.StepId;
import java.util.function.LongSupplier;

/**
 * What one rank does on one mesh incarnation. Used by the rank's compute thread only, except for {@link #abort}, {@link #progress}, {@link #waitedNs} and
 * {@link #dataWaitedNs}. Closing is the compute thread's last act.
 */
public interface RankJob extends AutoCloseable {

    /** Plain sequential code for each command that is the compute thread's business. */
    @FunctionalInterface
    interface Program {
        /** Does a command, and answers it. */
        RankReport run(RankCommand.FromSupervisor command);
    }

    /** Links this rank to all others; waits for them. Called once, first. */
    Program begin(StepId at, int rank, LongSupplier clockNs);

    /** Time in which this rank waited for its peers, so far, the present wait included. Any thread. */
    long waitedNs();

    /** Time in which this rank waited for its samples, so far, the present wait included. Any thread. */
    default long dataWaitedNs() {
        return 0;
    }

    /** A number that grows while the rank gets anywhere. Any thread. */
    long progress();

    /** Ends present and future waits of this rank. Any thread. */
    void abort(String reason);

    @Override
    void close();
}
