package io.longreel.runtime.launch;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.List;
import java.util.Map;

/**
 * Configuration of the actor system of a process. Only what comes with the program counts: no file of the user's is
 * looked for.
 */
final class PekkoSettings {
    /** Name of every actor system of a job; part of the addresses. */
    static final String SYSTEM = "longreel";

    static final String SEED_ROLE = "seed";
    static final String WORKER_ROLE = "worker";

    private PekkoSettings() {}

    /**
     * @param host address that this process binds, and by which others know it
     * @param port 0 lets the system pick one
     */
    static Config of(String role, String host, int port) {
        return ConfigFactory.parseMap(Map.of(
                        "pekko.remote.artery.canonical.hostname", host,
                        "pekko.remote.artery.canonical.port", port,
                        "pekko.cluster.roles", List.of(role)))
                .withFallback(ConfigFactory.parseResources("pekko-longreel.conf"))
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }
}
