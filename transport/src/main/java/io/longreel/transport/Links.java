package io.longreel.transport;

import io.longreel.transport.frame.FrameFaults;
import io.longreel.transport.link.Link;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All links of one rank, found by the peer's rank. Used by the rank's compute thread. */
final class Links {
    private final List<Link> links;
    private final @Nullable Link[] byRank;

    Links(int worldSize, List<Link> links) {
        this.links = List.copyOf(links);
        this.byRank = new @Nullable Link[worldSize];
        for (Link link : links) {
            byRank[link.peer()] = link;
        }
    }

    Link to(int peer) {
        Link link = byRank[peer];
        if (link == null) {
            throw new IllegalStateException("a link must lie between the ranks: peer=" + peer);
        }
        return link;
    }

    int poll() {
        int moved = 0;
        for (int i = 0; i < links.size(); i++) {
            moved += links.get(i).poll();
        }
        return moved;
    }

    /** The first reason why something pending cannot be completed, or null. */
    @Nullable
    String broken() {
        for (int i = 0; i < links.size(); i++) {
            String why = links.get(i).broken();
            if (why != null) {
                return why;
            }
        }
        return null;
    }

    boolean allConnected() {
        for (int i = 0; i < links.size(); i++) {
            if (!links.get(i).connected()) {
                return false;
            }
        }
        return true;
    }

    /** Peers that are not reached yet. */
    List<Integer> unconnected() {
        return links.stream().filter(link -> !link.connected()).map(Link::peer).toList();
    }

    FrameFaults faults() {
        return links.stream().map(Link::faults).reduce(FrameFaults.NONE, FrameFaults::plus);
    }

    void withdraw(String reason) {
        links.forEach(link -> link.withdraw(reason));
    }

    void close() {
        links.forEach(Link::close);
    }
}
