package io.longreel.transport;

import io.longreel.config.RuntimeFailure;
import io.longreel.transport.link.Carrier;
import io.longreel.transport.link.Link;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A rank's endpoint over any mix of links. All kinds of transport make these; they differ in the links only. Used by the rank's compute thread;
 * {@link #abort} and what only looks by any.
 */
final class LinkedEndpoint implements RankEndpoint {
    private final int rank;
    private final List<String> nodeOfRank;
    private final int generation;
    private final AbortSignal signal;
    private final Links links;
    private final Activity activity;
    private final Waiter waiter;
    private final Staging staging;
    private final Consumer<Staging> stagingLeft;
    private final MemberOrderSum sum = new MemberOrderSum();
    private final Map<List<Integer>, Integer> communicatorsMade = new HashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicLong localBytes = new AtomicLong();
    private final AtomicLong intraNodeBytes = new AtomicLong();
    private final AtomicLong interNodeBytes = new AtomicLong();

    /**
     * @param nodeOfRank name of the node of each rank of the world
     * @param stagingLeft gets the staging memory when the endpoint is closed
     */
    LinkedEndpoint(
            int rank,
            List<String> nodeOfRank,
            int generation,
            AbortSignal signal,
            List<Link> links,
            Staging staging,
            Consumer<Staging> stagingLeft,
            long timeoutNs,
            LongSupplier clockNs) {
        this.rank = rank;
        this.staging = staging;
        this.stagingLeft = stagingLeft;
        this.nodeOfRank = List.copyOf(nodeOfRank);
        this.generation = generation;
        this.signal = signal;
        this.links = new Links(nodeOfRank.size(), links);
        this.activity = new Activity(clockNs);
        this.waiter = new Waiter(rank, generation, this.links, signal, activity, timeoutNs, clockNs);
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int generation() {
        return generation;
    }

    @Override
    public Communicator communicator(List<Integer> group) {
        List<Integer> members = List.copyOf(group);
        int worldSize = nodeOfRank.size();
        boolean inWorld = members.stream().allMatch(member -> member >= 0 && member < worldSize);
        if (!inWorld || !members.contains(rank) || new HashSet<>(members).size() != members.size()) {
            throw new IllegalArgumentException(
                    "group must be distinct ranks of the world with this one among them: group=%s rank=%d worldSize=%d"
                            .formatted(members, rank, worldSize));
        }
        int ordinal = communicatorsMade.merge(members, 1, Integer::sum);
        GroupSites sites = new GroupSites(members.stream().map(nodeOfRank::get).toList());
        return new GroupCommunicator(this, members, sites, tagOf(members, ordinal));
    }

    @Override
    public void abort(String reason) {
        signal.raise(reason);
    }

    @Override
    public LinkCounters counters() {
        return new LinkCounters(
                localBytes.get(),
                intraNodeBytes.get(),
                interNodeBytes.get(),
                activity.waitedNs(Carrier.LOCAL),
                activity.waitedNs(Carrier.INTRA_NODE),
                activity.waitedNs(Carrier.INTER_NODE),
                links.faults());
    }

    @Override
    public long progress() {
        return activity.progress();
    }

    @Override
    public long waitedNs() {
        return activity.waitedNs();
    }

    @Override
    public void close() {
        signal.raise("endpoint of rank %d was closed".formatted(rank));
        try {
            links.close();
        } finally {
            if (closed.compareAndSet(false, true)) {
                stagingLeft.accept(staging);
            }
        }
    }

    boolean closed() {
        return closed.get();
    }

    /** Waits until every peer is reached in both directions. */
    void connect() {
        waiter.await(new Waiter.Condition() {
            @Override
            public boolean done() {
                return links.allConnected();
            }

            @Override
            public @Nullable RuntimeFailure failure() {
                return null;
            }

            @Override
            public String missing() {
                return "not reached yet: ranks %s".formatted(links.unconnected());
            }
        });
    }

    Links links() {
        return links;
    }

    Waiter waiter() {
        return waiter;
    }

    Staging staging() {
        return staging;
    }

    MemberOrderSum sum() {
        return sum;
    }

    void count(Carrier carrier, long payloadBytes) {
        AtomicLong counter = switch (carrier) {
            case LOCAL -> localBytes;
            case INTRA_NODE -> intraNodeBytes;
            case INTER_NODE -> interNodeBytes;
        };
        counter.setRelease(counter.getPlain() + payloadBytes);
    }

    /** Equal on all members, different for another group and for a second communicator of the same group. */
    private static int tagOf(List<Integer> members, int ordinal) {
        CRC32C crc = new CRC32C();
        members.forEach(member -> update(crc, member));
        update(crc, ordinal);
        return (int) crc.getValue();
    }

    private static void update(CRC32C crc, int value) {
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            crc.update(value >>> shift);
        }
    }
}
