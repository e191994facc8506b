package io.longreel.transport;

/** A send and receive in flight. Its buffers belong to the transport until {@link #await} returned. */
public interface Transfer {
    /** Waits until both directions are complete. Throws {@link CommunicationAborted}. A second call returns at once. */
    void await();
}
