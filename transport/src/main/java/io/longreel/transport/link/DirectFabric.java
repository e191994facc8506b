package io.longreel.transport.link;

import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.frame.Route;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The direct channels of one process, by generation and ordered pair of ranks. The first side that asks makes a channel, the second finds it, the
 * last that closes its link drops it. Any thread.
 */
public final class DirectFabric {
    private final ConcurrentHashMap<Route, DirectChannel> channels = new ConcurrentHashMap<>();

    /** The end of the route's source towards its target; each end is opened once per generation. */
    public Link open(Route route, LinkFault fault, Wakeup wakeup) {
        DirectChannel out = channel(route);
        DirectChannel in = channel(route.back());
        out.senderIs(wakeup);
        in.receiverIs(wakeup);
        return new DirectLink(route, out, in, fault, () -> release(route));
    }

    /** Channels that are still open; zero once every link was closed. */
    public int openChannels() {
        return channels.size();
    }

    private DirectChannel channel(Route route) {
        return channels.computeIfAbsent(route, DirectChannel::new);
    }

    private void release(Route route) {
        channels.computeIfPresent(route, (key, channel) -> channel.released() ? null : channel);
        channels.computeIfPresent(route.back(), (key, channel) -> channel.released() ? null : channel);
    }
}
