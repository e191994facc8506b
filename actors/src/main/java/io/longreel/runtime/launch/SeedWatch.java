package io.longreel.runtime.launch;

import io.longreel.runtime.protocol.NodeCommand;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * Tells the node when the member that hosts the supervisor has left the cluster: then nobody will tell it anything any
 * more.
 */
final class SeedWatch {
    private SeedWatch() {}

    static Behavior<MemberEvent> create(ActorRef<NodeCommand> node) {
        return Behaviors.setup(context -> {
            Cluster.get(context.getSystem())
                    .subscriptions()
                    .tell(Subscribe.create(context.getSelf(), MemberEvent.class));
            return Behaviors.receive(MemberEvent.class)
                    .onMessage(MemberRemoved.class, removed -> {
                        if (removed.member().hasRole(PekkoSettings.SEED_ROLE)) {
                            node.tell(new NodeCommand.SeedLost("it has left the cluster"));
                        }
                        return Behaviors.same();
                    })
                    .onAnyMessage(other -> Behaviors.same())
                    .build();
        });
    }
}
