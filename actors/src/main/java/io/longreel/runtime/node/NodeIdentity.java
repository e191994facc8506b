package io.longreel.runtime.node;

import java.time.Duration;

/**
 * Who a worker process is, as it was started.
 *
 * @param processId unique in the cluster
 * @param nodeId the host: ranks of processes with the same id share memory; placement follows the order of these ids
 * @param host address of this process that others reach
 * @param seed {@code host:port} of the job, for messages
 * @param joinTimeout how long to look for the seed
 */
public record NodeIdentity(String processId, String nodeId, String host, String seed, Duration joinTimeout) {}
