package io.longreel.config;

import java.time.Duration;
import java.util.Optional;

/**
 * The processes of a job.
 *
 * @param seedHost address that the seed binds and workers join
 * @param seedPort port of the seed; 0 lets the system pick one (jobs on one machine)
 * @param nodes worker nodes
 * @param ranksPerNode ranks that each node hosts; {@code nodes * ranksPerNode} must equal the world size
 * @param joinTimeout how long to wait until all workers are there
 * @param commitWindow steps that may be in flight before the supervisor has committed the oldest; 1 = strictly one by one
 * @param tls how processes authenticate each other; empty = not at all
 */
public record ClusterSettings(
        String seedHost,
        int seedPort,
        int nodes,
        int ranksPerNode,
        Duration joinTimeout,
        int commitWindow,
        Optional<TlsSettings> tls) {}
