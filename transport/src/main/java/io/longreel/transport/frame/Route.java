package io.longreel.transport.frame;

/**
 * What a link's frames in one direction have in common: between which ranks, in which incarnation of the mesh, of which run.
 *
 * @param runToken the run's, see {@link io.longreel.config.topology.Placement}
 */
public record Route(long runToken, int generation, int source, int target) {

    /** The other direction. */
    public Route back() {
        return new Route(runToken, generation, /* source= */ target, /* target= */ source);
    }

    /** The same pair of ranks in another incarnation. */
    public Route inGeneration(int other) {
        return new Route(runToken, other, source, target);
    }

    /** Without the token, which has no business in a log. */
    @Override
    public String toString() {
        return "generation=%d source=%d target=%d".formatted(generation, source, target);
    }
}
