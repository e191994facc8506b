package io.longreel.transport;

import io.longreel.transport.frame.FrameFaults;

/**
 * Payload bytes sent by one rank, by what carried them, how long it waited in exchanges, by the farthest peer of each, and frames that came to it otherwise than expected.
 *
 * @param localBytes within the process (no copy through a device or file)
 * @param intraNodeBytes through shared windows or Aeron IPC to another process of the node
 * @param interNodeBytes through Aeron UDP to another node
 * @param localWaitedNs waiting in exchanges with ranks of the process only
 * @param intraNodeWaitedNs likewise, with other processes of the node among them, and no other node
 * @param interNodeWaitedNs likewise, with other nodes among them
 */
public record LinkCounters(
        long localBytes,
        long intraNodeBytes,
        long interNodeBytes,
        long localWaitedNs,
        long intraNodeWaitedNs,
        long interNodeWaitedNs,
        FrameFaults faults) {}
