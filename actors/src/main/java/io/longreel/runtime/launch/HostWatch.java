package io.longreel.runtime.launch;

import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.ClusterEvent.MemberUp;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * Follows which member hosts the supervisor: the oldest one that may. Tells each change, and that nobody is left who could, from the
 * thread of its actor.
 */
final class HostWatch {
    private final Consumer<Optional<Member>> changed;
    private final TreeSet<Member> hosts = new TreeSet<>(Member.ageOrdering());
    private Optional<Member> told = Optional.empty();

    private HostWatch(Consumer<Optional<Member>> changed) {
        this.changed = changed;
    }

    /**
     * @param changed told the member that hosts the supervisor now; empty when there was one and no other takes its place
     */
    static Behavior<Object> create(Consumer<Optional<Member>> changed) {
        return Behaviors.setup(context -> {
            HostWatch watch = new HostWatch(changed);
            Cluster.get(context.getSystem())
                    .subscriptions()
                    .tell(Subscribe.create(context.getSelf().narrow(), MemberEvent.class));
            return Behaviors.receive(Object.class)
                    .onMessage(CurrentClusterState.class, state -> {
                        state.getMembers().forEach(watch::add);
                        return watch.tell();
                    })
                    .onMessage(MemberUp.class, up -> {
                        watch.add(up.member());
                        return watch.tell();
                    })
                    .onMessage(MemberRemoved.class, removed -> {
                        watch.hosts.removeIf(host ->
                                host.uniqueAddress().equals(removed.member().uniqueAddress()));
                        return watch.tell();
                    })
                    .onAnyMessage(other -> Behaviors.same())
                    .build();
        });
    }

    private void add(Member member) {
        if (member.hasRole(PekkoSettings.HOST_ROLE) && member.status().equals(MemberStatus.up())) {
            hosts.add(member);
        }
    }

    private Behavior<Object> tell() {
        Optional<Member> oldest = hosts.isEmpty() ? Optional.empty() : Optional.of(hosts.first());
        if (!oldest.equals(told)) {
            told = oldest;
            changed.accept(oldest);
        }
        return Behaviors.same();
    }
}
