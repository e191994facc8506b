package io.longreel.config.plan;

/** Seconds of the frames of a rank in one pass: blocks, projector, and the rows' way to the owners of their tokens. */
record VisionWork(double seconds, double rowBytes) {
    static VisionWork of(StepCase step) {
        if (step.work().frames() == 0) {
            return new VisionWork(0, 0);
        }
        VisionShape vision = step.model().vision().orElseThrow();
        Hardware hardware = step.cluster().hardware();
        int hidden = step.model().hidden();
        double frames = step.framesPerRank();
        double blocks = (vision.productFlops() + vision.attentionFlops()) / hardware.productFlops()
                + bytes(vision, step) / hardware.elementBytesPerSecond();
        double projector = vision.projectorFlops(hidden) / hardware.productFlops();
        double towerFactor = step.work().trains().vision() ? 3 : 1;
        double projectorFactor = step.work().trains().projector() ? 3 : 1;
        double rows = frames * vision.tokensPerFrame() * hidden * hardware.elementBytes();
        double ways = step.work().trains().projector() || step.work().trains().vision() ? 2 : 1;
        double movedBytes = step.choice().sequenceRanks() > 1 ? rows * ways : 0;
        boolean leaves = step.cluster().nodes() > 1;
        Link link = leaves ? step.cluster().between() : step.cluster().inside();
        double moving = movedBytes == 0 ? 0 : link.seconds(movedBytes);
        return new VisionWork(frames * (blocks * towerFactor + projector * projectorFactor) + moving, movedBytes);
    }

    /** Bytes that the loops over elements of one frame's blocks read and write: norms, sums, the MLP's activation, and scores where they are materialised. */
    private static double bytes(VisionShape vision, StepCase step) {
        int e = step.cluster().hardware().elementBytes();
        double rows = vision.patches()
                * e
                * (2 * 2.0 * vision.hidden() + 2 * 3.0 * vision.hidden() + 2.0 * vision.intermediate());
        double scores = (double) vision.heads()
                * vision.patches()
                * vision.patches()
                * step.software().visionScoreBytes();
        return vision.layers() * (rows + scores);
    }
}
