package io.longreel.config.plan;

/**
 * Equal devices in equal nodes.
 *
 * @param gpus devices of the job, a rank each
 * @param gpusPerNode devices of a node; fewer are used when the job has fewer
 * @param inside link of a rank to the others of its node
 * @param between link of a rank to other nodes; each rank has a port of its own
 * @param sharing how the ranks of a node share its cores; {@link CoreSharing#NONE} where each has a device
 */
public record ClusterSpec(
        Hardware hardware, int gpus, int gpusPerNode, Link inside, Link between, CoreSharing sharing) {
    public ClusterSpec {
        PlanRules.positive("gpus", gpus);
        PlanRules.positive("gpus-per-node", gpusPerNode);
        PlanRules.require(
                gpus <= gpusPerNode || gpus % gpusPerNode == 0,
                () -> "the GPUs of a job must fill its nodes: gpus=%d gpus-per-node=%d".formatted(gpus, gpusPerNode));
    }

    /** Of ranks that have a device each. */
    public ClusterSpec(Hardware hardware, int gpus, int gpusPerNode, Link inside, Link between) {
        this(hardware, gpus, gpusPerNode, inside, between, CoreSharing.NONE);
    }

    /** What each rank has of it while all of them compute: rates and links divided among those that share a core. */
    ClusterSpec divided() {
        double stretch = sharing.stretch(ranksPerNode());
        return stretch == 1
                ? this
                : new ClusterSpec(
                        hardware.slowed(stretch), gpus, gpusPerNode, inside.slowed(stretch), between.slowed(stretch));
    }

    public int nodes() {
        return Math.ceilDiv(gpus, gpusPerNode);
    }

    /** Ranks of the job in one node. */
    public int ranksPerNode() {
        return Math.min(gpus, gpusPerNode);
    }

    public ClusterSpec withGpus(int other) {
        return new ClusterSpec(hardware, other, gpusPerNode, inside, between, sharing);
    }

    /** Other numbers of ranks, in nodes of so many. */
    public ClusterSpec withRanks(int ranks, int perNode) {
        return new ClusterSpec(hardware, ranks, perNode, inside, between, sharing);
    }

    public ClusterSpec withHardware(Hardware other) {
        return new ClusterSpec(other, gpus, gpusPerNode, inside, between, sharing);
    }

    /**
     * Where the members of a group are.
     *
     * @param size members, {@code stride} ranks apart
     */
    public GroupPlace place(int size, int stride) {
        int perNode = Math.max(1, Math.min(size, ranksPerNode() / stride));
        return new GroupPlace(size, perNode);
    }

    /**
     * Members of a group, and how many of them share a node.
     *
     * @param perNode at most {@code size}
     */
    public record GroupPlace(int size, int perNode) {
        public int nodes() {
            return Math.ceilDiv(size, perNode);
        }

        public boolean isInOneNode() {
            return nodes() == 1;
        }

        /** Share of what a member sends to all that stays in its node. */
        public double insideShare() {
            return (double) (perNode - 1) / size;
        }

        /** Share that leaves it. */
        public double betweenShare() {
            return (double) (size - perNode) / size;
        }

        /** Hops of a ring over the members that leave a node. */
        public int hopsBetween() {
            return isInOneNode() ? 0 : nodes();
        }
    }
}
