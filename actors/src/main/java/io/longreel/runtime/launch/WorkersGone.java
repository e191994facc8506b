package io.longreel.runtime.launch;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.GetCurrentState;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * Completes a future when no worker is a member any more: then the seed may leave, and nobody misses what it had to
 * say.
 */
final class WorkersGone {
    private WorkersGone() {}

    /**
     * @param gone completed when no worker but this process itself, should it be one, is a member any more
     */
    static Behavior<Object> create(CompletableFuture<Void> gone) {
        return Behaviors.setup(context -> {
            Cluster cluster = Cluster.get(context.getSystem());
            cluster.subscriptions().tell(Subscribe.create(context.getSelf().narrow(), MemberEvent.class));
            cluster.subscriptions().tell(new GetCurrentState(context.getSelf().narrow()));
            Set<Address> workers = new HashSet<>();
            return Behaviors.receive(Object.class)
                    .onMessage(CurrentClusterState.class, state -> {
                        state.getMembers().forEach(member -> add(workers, member));
                        workers.remove(cluster.selfMember().address());
                        return completeWhenEmpty(workers, gone);
                    })
                    .onMessage(MemberRemoved.class, removed -> {
                        workers.remove(removed.member().address());
                        return completeWhenEmpty(workers, gone);
                    })
                    .onAnyMessage(other -> Behaviors.same())
                    .build();
        });
    }

    private static void add(Set<Address> workers, Member member) {
        if (member.hasRole(PekkoSettings.WORKER_ROLE)) {
            workers.add(member.address());
        }
    }

    private static Behavior<Object> completeWhenEmpty(Set<Address> workers, CompletableFuture<Void> gone) {
        if (workers.isEmpty()) {
            gone.complete(null);
        }
        return Behaviors.same();
    }
}
