package io.longreel.config.plan;

/** Seconds of the frames of a rank in one pass: blocks, projector, and the rows' way to the owners of their tokens. */
record VisionWork(double seconds, double rowBytes) {
    static VisionWork of(StepCase step) {
        if (step.work().frames() == 0) {
            return new VisionWork(0, 0);
        }
        VisionShape vision = step.model().vision().orElseThrow();
        int hidden = step.model().hidden();
        double frames = step.framesPerRank();
        double rowsOfBlocks = (double) vision.layers() * vision.patches();
        double blocks = KernelTimes.products(step, vision.productFlops(), rowsOfBlocks * numbers(vision))
                + KernelTimes.loops(step, bytes(vision, step));
        double embedding = KernelTimes.products(
                step, vision.embeddingFlops(), (double) vision.patches() * (vision.patchInput() + vision.hidden()));
        double projector = KernelTimes.products(
                step,
                vision.projectorFlops(hidden),
                (double) vision.tokensPerFrame() * (vision.projectorInput() + 3.0 * hidden));
        double towerFactor = step.work().trains().vision() ? 3 : 1;
        double tower = towerFactor * blocks
                + attention(step, vision, towerFactor)
                + embedding * (step.work().trains().vision() ? 2 : 1);
        double projectorFactor = step.work().trains().projector() ? 3 : 1;
        double rows = frames
                * vision.tokensPerFrame()
                * hidden
                * step.cluster().hardware().elementBytes();
        double ways = step.work().trains().projector() || step.work().trains().vision() ? 2 : 1;
        double movedBytes = step.choice().sequenceRanks() > 1 ? rows * ways : 0;
        boolean leaves = step.cluster().nodes() > 1;
        Link link = leaves ? step.cluster().between() : step.cluster().inside();
        double moving = movedBytes == 0 ? 0 : link.seconds(movedBytes);
        return new VisionWork(frames * (tower + projector * projectorFactor) + moving, movedBytes);
    }

    /** Of one frame. Scores that are written out are two products of the usual kind, the others are the attention kernel's, which computes them again backward. */
    private static double attention(StepCase step, VisionShape vision, double towerFactor) {
        if (step.software().visionScoreBytes() > 0) {
            return towerFactor * KernelTimes.products(step, vision.attentionFlops(), 0);
        }
        double forward = KernelTimes.attention(
                step,
                vision.attentionFlops(),
                vision.hidden() / vision.heads(),
                (double) vision.layers() * vision.patches() * vision.heads());
        return forward * (towerFactor > 1 ? 1 + DecoderWork.ATTENTION_BACKWARD : 1);
    }

    /** Numbers of a row that the products of a block read and write: four of attention, two of the MLP. */
    private static double numbers(VisionShape vision) {
        return 4 * 2.0 * vision.hidden() + 2.0 * (vision.hidden() + vision.intermediate());
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
