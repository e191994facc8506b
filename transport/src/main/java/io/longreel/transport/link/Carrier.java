package io.longreel.transport.link;

/** What a link's bytes cross. */
public enum Carrier {
    /** Nothing: both ranks are threads of one process. */
    LOCAL,
    /** Shared memory of the node. */
    INTRA_NODE,
    /** The network. */
    INTER_NODE
}
