package io.longreel.runtime.launch;

import com.typesafe.config.ConfigFactory;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What streams of a command that trains nothing run on: threads of this process, without any network. */
public final class StreamSystem implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StreamSystem.class);

    private final ActorSystem<Void> system;

    private StreamSystem(ActorSystem<Void> system) {
        this.system = system;
    }

    public static StreamSystem start() {
        // Before the system's threads log: SLF4J warns on the terminal when several meet while it sets itself up.
        LOG.info("streams.starting");
        return new StreamSystem(ActorSystem.create(
                Behaviors.empty(),
                PekkoSettings.SYSTEM,
                ConfigFactory.parseMap(Map.of(
                                "pekko.actor.provider", "local",
                                "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off"))
                        .withFallback(ConfigFactory.defaultReference())
                        .resolve()));
    }

    public ActorSystem<Void> system() {
        return system;
    }

    /** Ends its threads soon. */
    @Override
    public void close() {
        system.terminate();
    }
}
