package io.longreel.transport.link;

import io.longreel.transport.frame.FrameFaults;
import org.jspecify.annotations.Nullable;

/**
 * One rank's end of the channel pair between it and one peer. Messages of each direction are moved in the order in which they were posted;
 * nothing is buffered for a peer that does not expect it yet beyond what the carrier holds. Used by the compute thread of its rank; no method
 * waits, so progress is made by {@link #poll}.
 */
public interface Link extends AutoCloseable {

    /** World rank of the other side. */
    int peer();

    Carrier carrier();

    /** Queues a message to the peer and sends at once what fits. Never throws for the peer's sake. */
    void post(Message send);

    /** Queues a message from the peer. */
    void expect(Message receive);

    /** Moves what can be moved; returns a positive number when anything moved. Throws when the peer sent what must not be. */
    int poll();

    /** Whether both directions reach the peer. */
    boolean connected();

    /** Why messages that are pending now will never be complete, or null. */
    @Nullable
    String broken();

    /** Frames that came to this end and were not as expected. Any thread. */
    FrameFaults faults();

    /** Gives up all pending messages: after the return nobody touches their memory any more. Tells the peer where the carrier can. */
    void withdraw(String reason);

    /** Withdraws and frees the carrier. A second close does nothing. */
    @Override
    void close();
}
