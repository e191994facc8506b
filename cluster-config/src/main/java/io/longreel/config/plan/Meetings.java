package io.longreel.config.plan;

/**
 * Exchanges at which a rank of this program waits for others in a step, and what they cost beyond messages: who comes last keeps all waiting, and a core that is shared has to bring
 * each of its ranks there.
 */
final class Meetings {
    /** Heads are exchanged before attention and behind it. */
    private static final int OF_HEADS = 2;
    /** Counts of labels, norm of gradients, loss. */
    private static final int OF_STEP = 3;
    /** Gradients of a layer are summed, its weights gathered. */
    private static final int OF_STATE = 2;
    /** Rows of frames go to the owners of their tokens, their gradients back. */
    private static final int OF_ROWS = 2;

    private Meetings() {}

    static double seconds(StepCase step) {
        Software.Details details = step.software().details();
        ClusterSpec cluster = step.cluster();
        double turns = cluster.sharing().turns(cluster.ranksPerNode());
        return count(step) * (details.meetingSeconds() + turns * details.turnSeconds());
    }

    static int count(StepCase step) {
        int world = step.cluster().gpus();
        if (world == 1) {
            return 0;
        }
        int layers = step.model().layers();
        int tower = step.model().vision().map(VisionShape::layers).orElse(0);
        int sequence = step.choice().sequenceRanks() == 1 || step.work().frames() == 0 ? 0 : OF_ROWS;
        return OF_STEP
                + OF_STATE * (layers + tower)
                + step.passes() * (sequence + layers * (ofHeads(step) + ofRing(step)));
    }

    private static int ofHeads(StepCase step) {
        return step.choice().mesh().ulyssesDegree() == 1 ? 0 : OF_HEADS * Exchange.ways(step);
    }

    /** Blocks that come by, and the gradients' way home. */
    private static int ofRing(StepCase step) {
        int degree = step.choice().mesh().ringDegree();
        return degree == 1 ? 0 : (degree - 1) * Exchange.ways(step) + 1;
    }
}
