package io.longreel.transport.link;

import io.longreel.transport.fault.LinkFault;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The direct channels of one process, by generation and ordered pair of ranks. The first side that asks makes a channel, the second finds it, the
 * last that closes its link drops it. Any thread.
 */
public final class DirectFabric {

    private record Pair(int generation, int source, int target) {}

    private final ConcurrentHashMap<Pair, DirectChannel> channels = new ConcurrentHashMap<>();

    /** The end of {@code rank} towards {@code peer}; each end is opened once per generation. */
    public Link open(int generation, int rank, int peer, LinkFault fault, Wakeup wakeup) {
        DirectChannel out = channel(new Pair(generation, rank, peer));
        DirectChannel in = channel(new Pair(generation, peer, rank));
        out.senderIs(wakeup);
        in.receiverIs(wakeup);
        return new DirectLink(generation, rank, peer, out, in, fault, () -> release(generation, rank, peer));
    }

    /** Channels that are still open; zero once every link was closed. */
    public int openChannels() {
        return channels.size();
    }

    private DirectChannel channel(Pair pair) {
        return channels.computeIfAbsent(pair, p -> new DirectChannel(p.generation(), p.source(), p.target()));
    }

    private void release(int generation, int rank, int peer) {
        channels.computeIfPresent(
                new Pair(generation, rank, peer), (pair, channel) -> channel.released() ? null : channel);
        channels.computeIfPresent(
                new Pair(generation, peer, rank), (pair, channel) -> channel.released() ? null : channel);
    }
}
