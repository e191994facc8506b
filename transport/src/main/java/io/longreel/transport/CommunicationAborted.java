package io.longreel.transport;

/**
 * A collective ended without result: the mesh incarnation was given up, a peer is gone, or waiting took too long. The bytes of its output
 * buffers are undefined. Never caught below the rank's compute loop.
 */
public final class CommunicationAborted extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int generation;

    public CommunicationAborted(int generation, String reason) {
        super("communication aborted: generation=%d reason=%s".formatted(generation, reason));
        this.generation = generation;
    }

    public int generation() {
        return generation;
    }
}
