package io.longreel.config.plan;

/**
 * How ranks share the cores of their node. Rates of a device are those of a core while all cores compute; ranks beyond the cores take turns, so that a step takes the work of all of
 * them over the cores.
 *
 * @param cores of a node; 0: each rank has a device of its own
 * @param alone how much faster a core is while the others rest: they share clock, cache and memory
 */
public record CoreSharing(int cores, double alone) {
    public static final CoreSharing NONE = new CoreSharing(0, 1);

    public CoreSharing {
        PlanRules.notNegative("cores", cores);
        PlanRules.require(alone >= 1 && Double.isFinite(alone), () -> "alone must be at least 1, not " + alone);
    }

    /** Ranks that a core of a node of so many goes on with, one after the other, until all have come to an exchange; 0 where each has a core. */
    public double turns(int ranks) {
        return cores == 0 || ranks <= cores ? 0 : (double) ranks / cores;
    }

    /** How much longer the work of one of so many ranks takes than that of one on a core of a node whose cores all compute. */
    public double stretch(int ranks) {
        if (cores == 0) {
            return 1;
        }
        if (ranks >= cores) {
            return (double) ranks / cores;
        }
        // What resting cores leave to the others is given in equal parts.
        return 1 / (1 + (alone - 1) * (cores - ranks) / (cores - 1));
    }
}
