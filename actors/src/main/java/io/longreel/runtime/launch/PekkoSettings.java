package io.longreel.runtime.launch;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.List;
import java.util.Map;

/**
 * Configuration of the actor system of a process. Only what comes with the program counts: no file of the user's is
 * looked for, and no secret is in it.
 */
final class PekkoSettings {
    /** Name of every actor system of a job; part of the addresses. */
    static final String SYSTEM = "longreel";

    static final String SEED_ROLE = "seed";
    static final String WORKER_ROLE = "worker";
    /** Of members that may host the supervisor; the oldest of them does. */
    static final String HOST_ROLE = "supervisor";

    private PekkoSettings() {}

    static Config of(Membership membership) {
        return ConfigFactory.parseMap(Map.of(
                        "pekko.remote.artery.canonical.hostname", membership.host(),
                        "pekko.remote.artery.canonical.port", membership.port(),
                        "pekko.remote.artery.transport", membership.tls().isPresent() ? "tls-tcp" : "tcp",
                        "pekko.cluster.roles", List.copyOf(membership.roles()),
                        "pekko.cluster.split-brain-resolver.active-strategy",
                                membership.supervisorMoves() ? "keep-majority" : "keep-oldest"))
                .withFallback(ConfigFactory.parseResources("pekko-longreel.conf"))
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }
}
