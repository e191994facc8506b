package io.longreel.transport;

/**
 * Payload bytes sent by one rank, by what carried them.
 *
 * @param localBytes within the process (no copy through a device or file)
 * @param intraNodeBytes through shared windows or Aeron IPC to another process of the node
 * @param interNodeBytes through Aeron UDP to another node
 * @param refusedFrames frames of another generation that were refused
 */
public record LinkCounters(long localBytes, long intraNodeBytes, long interNodeBytes, long refusedFrames) {}
