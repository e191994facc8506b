package io.longreel.transport.frame;

/**
 * Frames of some links that were not as expected, since their endpoint was opened.
 *
 * @param refused of another run or mesh incarnation; dropped
 * @param duplicate came once more; dropped
 * @param damaged not as they were sent; each ends its endpoint
 * @param lost missing when a later one came; ends the endpoint
 */
public record FrameFaults(long refused, long duplicate, long damaged, long lost) {
    public static final FrameFaults NONE = new FrameFaults(0, 0, 0, 0);

    public FrameFaults plus(FrameFaults other) {
        return new FrameFaults(
                refused + other.refused, duplicate + other.duplicate, damaged + other.damaged, lost + other.lost);
    }
}
