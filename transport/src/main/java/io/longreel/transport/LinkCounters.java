package io.longreel.transport;

import io.longreel.transport.frame.FrameFaults;

/**
 * Payload bytes sent by one rank, by what carried them, and frames that came to it otherwise than expected.
 *
 * @param localBytes within the process (no copy through a device or file)
 * @param intraNodeBytes through shared windows or Aeron IPC to another process of the node
 * @param interNodeBytes through Aeron UDP to another node
 */
public record LinkCounters(long localBytes, long intraNodeBytes, long interNodeBytes, FrameFaults faults) {}
