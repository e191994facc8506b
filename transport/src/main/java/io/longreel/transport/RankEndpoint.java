package io.longreel.transport;

import java.util.List;

/**
 * One rank's end of all its links, for one mesh incarnation. Made by a transport from a placement; used by the rank's compute thread, except for
 * {@link #abort}, which any thread may call and which makes every present and future wait of this endpoint throw at once.
 */
public interface RankEndpoint extends AutoCloseable {
    int rank();

    /** Number of the mesh incarnation that this endpoint belongs to; frames of another one are refused. */
    int generation();

    /** The communicator of a group that contains this rank. All members must ask for their groups in the same order. */
    Communicator communicator(List<Integer> group);

    /** Ends this incarnation: waits throw {@link CommunicationAborted} with this reason. */
    void abort(String reason);

    /** What was sent so far, payload bytes per kind of link, and which frames came otherwise than expected. Any thread. */
    LinkCounters counters();

    /**
     * A number that grows as operations begin and end and as frames move, and at no other time: one that stands still belongs to a rank that
     * computes, waits or hangs. Any thread.
     */
    long progress();

    /** Time that the rank has spent in waits with nothing to do, ns, the present one included: of ranks in step, the slowest has waited least. Any thread. */
    long waitedNs();

    @Override
    void close();
}
