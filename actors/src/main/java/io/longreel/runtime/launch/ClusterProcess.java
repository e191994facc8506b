package io.longreel.runtime.launch;

import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.security.ArteryTls;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.SpawnProtocol;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.ClusterSingletonSettings;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.apache.pekko.remote.artery.tcp.SSLEngineProviderSetup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An actor system that is a member of the job's cluster. Made and closed by the main thread of its process. */
final class ClusterProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterProcess.class);
    private static final Duration LEAVE_TIMEOUT = Duration.ofSeconds(5);

    private final ActorSystem<SpawnProtocol.Command> system;

    private ClusterProcess(ActorSystem<SpawnProtocol.Command> system) {
        this.system = system;
    }

    /** Binds the address; a port in use is the user's matter. */
    static ClusterProcess bind(Membership membership) {
        ActorSystemSetup setup = ActorSystemSetup.create(BootstrapSetup.create(PekkoSettings.of(membership)));
        if (membership.tls().isPresent()) {
            ArteryTls tls = new ArteryTls(membership.tls().get());
            setup = setup.withSetup(SSLEngineProviderSetup.create(system -> tls));
        }
        try {
            return new ClusterProcess(ActorSystem.create(SpawnProtocol.create(), PekkoSettings.SYSTEM, setup));
        } catch (RuntimeException e) {
            throw SeedAddress.notBindable(membership.host(), membership.port(), e);
        }
    }

    ActorSystem<SpawnProtocol.Command> system() {
        return system;
    }

    /** {@code host:port} of this process. */
    String address() {
        Address self = Cluster.get(system).selfMember().address();
        return self.getHost().get() + ":" + self.getPort().get();
    }

    /** How this process is named as a member. */
    String memberAddress() {
        return Cluster.get(system).selfMember().address().toString();
    }

    /** A process is proven dead: nobody needs to judge its silence. */
    void down(Address dead) {
        LOG.info("cluster.down address={}", dead);
        Cluster.get(system).manager().tell(new Down(dead));
    }

    /** Founds the cluster. */
    void joinSelf() {
        Cluster cluster = Cluster.get(system);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
    }

    /** Joins the cluster of a seed, which need not be there yet. */
    void join(HostPort seed) {
        Address address = new Address("pekko", PekkoSettings.SYSTEM, seed.host(), seed.port());
        Cluster.get(system).manager().tell(new JoinSeedNodes(List.of(address)));
    }

    /**
     * The supervisor of the cluster: runs here while this process is the oldest that may host it, and is reached from everywhere.
     */
    ActorRef<SupervisorCommand> supervisor(Behavior<SupervisorCommand> behavior) {
        ClusterSingletonSettings settings =
                ClusterSingletonSettings.create(system).withRole(PekkoSettings.HOST_ROLE);
        return ClusterSingleton.get(system)
                .init(SingletonActor.of(behavior, "supervisor")
                        .withSettings(settings)
                        .withProps(DispatcherSelector.blocking()));
    }

    <T> ActorRef<T> spawn(Behavior<T> behavior, String name) {
        return system.systemActorOf(behavior, name, Props.empty());
    }

    /** Completes when this process is no member any more, whether it left or was thrown out. */
    CompletionStage<Done> whenTerminated() {
        return system.getWhenTerminated();
    }

    /**
     * Leaves the cluster, so that nobody has to find out that this process is gone; what was said last is still sent.
     */
    void leave() {
        system.terminate();
        try {
            system.getWhenTerminated().toCompletableFuture().get(LEAVE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.info("cluster.leave-incomplete cause=\"{}\"", e.toString()); // the process ends anyway
        }
    }

    /** Begins to end the actor system, and does not wait for it: the process ends, or everybody else has. */
    @Override
    public void close() {
        system.terminate();
    }
}
