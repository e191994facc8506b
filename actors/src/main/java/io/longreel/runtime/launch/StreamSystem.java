package io.longreel.runtime.launch;

import com.typesafe.config.ConfigFactory;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** What streams of a command that trains nothing run on: threads of this process, without any network. */
public final class StreamSystem implements AutoCloseable {
    private final ActorSystem<Void> system;

    private StreamSystem(ActorSystem<Void> system) {
        this.system = system;
    }

    public static StreamSystem start() {
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
