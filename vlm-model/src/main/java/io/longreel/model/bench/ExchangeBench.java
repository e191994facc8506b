package io.longreel.model.bench;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Placement;
import io.longreel.ops.memory.TensorArena;
import io.longreel.transport.Communicator;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.TransportNode;
import io.longreel.transport.link.RawStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Two ranks that send each other a block of bytes at the same time, and beside it what the machine does at best: inside a node both copy such a block within
 * memory, between nodes both send it over a bare Aeron stream. Each rank's thread calls it, wherever it lives.
 */
public final class ExchangeBench {
    private static final int MIB_MAX = 1024;
    private static final int WARM_UP_TIMES = 3;
    private static final double WARM_UP_SECONDS = 0.5;
    private static final long MIB = 1 << 20;
    private static final long CONNECT_LOOK_NS = 1_000_000;
    private static final int CONNECT_LOOKS = 30_000;
    private static final long WORD_BYTES = Long.BYTES;

    private ExchangeBench() {}

    /**
     * What is measured; the median of {@code runs} counts.
     *
     * @param mib sizes of the block that each rank sends to the other
     */
    public record Setting(List<Integer> mib, int runs) {
        public Setting {
            mib = List.copyOf(mib);
            if (mib.isEmpty() || mib.stream().anyMatch(size -> size < 1 || size > MIB_MAX) || runs < 1) {
                throw RuntimeFailure.config(
                        "sizes must be 1 to %d MiB, runs at least 1: mib=%s runs=%d".formatted(MIB_MAX, mib, runs));
            }
        }

        private long bytesMax() {
            return MIB * mib.stream().mapToInt(size -> size).max().orElseThrow();
        }
    }

    /**
     * What came out for one size, medians.
     *
     * @param limitSeconds of the best that the machine does with as many bytes
     */
    public record Result(int mib, double seconds, double limitSeconds) {
        public double gigabytesPerSecond() {
            return mib * MIB / seconds / 1e9;
        }

        public double limitGigabytesPerSecond() {
            return mib * MIB / limitSeconds / 1e9;
        }

        public double shareOfLimit() {
            return limitSeconds / seconds;
        }
    }

    /** One of the two ranks of a placement; the other one must do the same. */
    public static List<Result> run(
            Setting setting, TransportNode node, Placement placement, int rank, LongSupplier clockNs) {
        boolean oneNode = placement.site(0).nodeId().equals(placement.site(1).nodeId());
        try (RankEndpoint endpoint = node.openUnconnected(placement, rank);
                TensorArena arena = TensorArena.open("exchange", 2 * setting.bytesMax())) {
            Communicator both = endpoint.communicator(List.of(0, 1));
            int words = Math.toIntExact(setting.bytesMax() / Float.BYTES);
            MemorySegment send = arena.allocate(words).segment();
            MemorySegment receive = arena.allocate(words).segment();
            fill(send, rank);
            both.barrier();
            if (oneNode) {
                return measure(setting, both, send, receive, clockNs, MemorySegment::copyFrom);
            }
            try (RawStream bare = node.openRaw(placement.site(1 - rank).dataEndpoint())) {
                awaitPeer(bare, both);
                both.barrier();
                List<Result> results =
                        measure(setting, both, send, receive, clockNs, (into, from) -> bare.exchange(from, into));
                both.barrier();
                return results;
            }
        }
    }

    private static void awaitPeer(RawStream bare, Communicator both) {
        for (int look = 0; !bare.connected(); look++) {
            if (look == CONNECT_LOOKS) {
                throw new RuntimeFailure(
                        RuntimeFailure.Category.RETRYABLE, "the other end of the bare stream did not come");
            }
            both.poll();
            LockSupport.parkNanos(CONNECT_LOOK_NS);
        }
    }

    /** Moves as many bytes at the machine's limit. */
    private interface Limit {
        void move(MemorySegment into, MemorySegment from);
    }

    private static List<Result> measure(
            Setting setting,
            Communicator both,
            MemorySegment send,
            MemorySegment receive,
            LongSupplier clockNs,
            Limit limit) {
        int peer = 1 - both.index();
        List<Result> results = new ArrayList<>();
        for (int mib : setting.mib()) {
            MemorySegment out = send.asSlice(0, mib * MIB);
            MemorySegment in = receive.asSlice(0, mib * MIB);
            Runnable exchange = () -> both.startSendReceive(out, peer, in, peer).await();
            Runnable best = () -> limit.move(in, out);
            Laps exchanges = new Laps(clockNs, both);
            Laps limits = new Laps(clockNs, both);
            limits.warmUp(WARM_UP_TIMES, WARM_UP_SECONDS, best);
            in.fill((byte) 0);
            exchanges.warmUp(WARM_UP_TIMES, WARM_UP_SECONDS, exchange);
            // In turns, so that a machine that changes its pace changes both.
            for (int run = 0; run < setting.runs(); run++) {
                exchanges.time(exchange);
                check(in, peer);
                limits.timeOwn(best);
            }
            results.add(new Result(mib, exchanges.median(), limits.median()));
        }
        return results;
    }

    /** Words that tell their rank and place. */
    private static void fill(MemorySegment block, int rank) {
        for (long at = 0; at < block.byteSize(); at += WORD_BYTES) {
            block.set(ValueLayout.JAVA_LONG, at, word(rank, at));
        }
    }

    private static long word(int rank, long at) {
        return (at + 1) * 0x9E3779B97F4A7C15L ^ rank;
    }

    /** Looks at some words: whether all bytes are right is for tests, whether the work was done at all is for here. */
    private static void check(MemorySegment block, int sender) {
        long stride = Math.max(WORD_BYTES, block.byteSize() / 64 / WORD_BYTES * WORD_BYTES);
        for (long at = 0; at < block.byteSize(); at += stride) {
            if (block.get(ValueLayout.JAVA_LONG, at) != word(sender, at)) {
                throw new IllegalStateException("the exchange must bring the peer's bytes: offset=" + at);
            }
        }
    }
}
