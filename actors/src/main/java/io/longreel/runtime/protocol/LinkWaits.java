package io.longreel.runtime.protocol;

/**
 * Time in which a rank waited in exchanges, by the farthest peer of each: a wait for several is put down to the slowest kind of link among them.
 *
 * @param localNs with ranks of its own process only
 * @param intraNodeNs with other processes of its node
 * @param interNodeNs with other nodes
 */
public record LinkWaits(long localNs, long intraNodeNs, long interNodeNs) {
    public static final LinkWaits NONE = new LinkWaits(0, 0, 0);

    public LinkWaits {
        Facts.atLeast(0, localNs, "localNs");
        Facts.atLeast(0, intraNodeNs, "intraNodeNs");
        Facts.atLeast(0, interNodeNs, "interNodeNs");
    }

    /** The waits since {@code earlier}. */
    public LinkWaits since(LinkWaits earlier) {
        return new LinkWaits(
                localNs - earlier.localNs, intraNodeNs - earlier.intraNodeNs, interNodeNs - earlier.interNodeNs);
    }

    public LinkWaits plus(LinkWaits other) {
        return new LinkWaits(localNs + other.localNs, intraNodeNs + other.intraNodeNs, interNodeNs + other.interNodeNs);
    }
}
