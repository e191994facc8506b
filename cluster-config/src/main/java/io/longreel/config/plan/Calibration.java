package io.longreel.config.plan;

/**
 * What was measured on a machine, for the steps of this program on its cores: rates of a core while all cores compute.
 *
 * @param cores that were at work at the same time
 * @param alone how much faster a core computes while the others rest
 * @param productFlops operations per second of products, as far as their operands do not hold them up
 * @param attentionFlops of the attention kernel, as far as scores do not
 * @param memoryBytesPerSecond that AdamW moves
 * @param memoryBytes of the machine, for all ranks together
 * @param inside two ranks of a process
 * @param between two nodes of the machine, over loopback UDP
 */
public record Calibration(
        int cores,
        double alone,
        double productFlops,
        double attentionFlops,
        double memoryBytesPerSecond,
        long memoryBytes,
        Link inside,
        Link between,
        Constants constants) {
    private static final int F32_BYTES = 4;
    private static final long RESERVED_BYTES = 256L << 20;

    /**
     * Those of the program ({@link Software}).
     *
     * @param fixedSeconds of a step
     * @param ringStepSeconds of a step of the ring in a layer
     */
    public record Constants(
            double fixedSeconds,
            double ringStepSeconds,
            double layerSeconds,
            double operandBytes,
            double loopShare,
            double scoreWidth,
            double rowSeconds,
            double meetingSeconds,
            double turnSeconds,
            double weightBytes) {
        private Constants withRowSeconds(double row) {
            return new Constants(
                    fixedSeconds,
                    ringStepSeconds,
                    layerSeconds,
                    operandBytes,
                    loopShare,
                    scoreWidth,
                    row,
                    meetingSeconds,
                    turnSeconds,
                    weightBytes);
        }

        /** The same with what depends on no size. */
        public Constants withFixed(double fixed, double ringStep, double layer, double meeting, double turn) {
            return new Constants(
                    fixed,
                    ringStep,
                    layer,
                    operandBytes,
                    loopShare,
                    scoreWidth,
                    rowSeconds,
                    meeting,
                    turn,
                    weightBytes);
        }
    }

    /** The machine as a node of ranks that share its cores. */
    public ClusterSpec cluster(String name, int ranks) {
        // The peak is what was reached: nothing here has a data sheet.
        double peak = Math.max(productFlops, attentionFlops);
        Hardware hardware = new Hardware(
                name,
                peak,
                productFlops / peak,
                attentionFlops / peak,
                memoryBytesPerSecond,
                1,
                Math.max(2 * RESERVED_BYTES, memoryBytes / Math.max(cores, ranks)),
                RESERVED_BYTES,
                F32_BYTES);
        return new ClusterSpec(hardware, ranks, Math.max(cores, ranks), inside, between, new CoreSharing(cores, alone));
    }

    /** This program on such a machine. */
    public Software software(Software base) {
        Software.Details known = base.details();
        return base.with(new Software.Times(
                        constants.fixedSeconds(),
                        constants.ringStepSeconds(),
                        base.ringHiddenShare(),
                        base.attentionShare()))
                .with(new Software.Details(
                        constants.layerSeconds(),
                        constants.operandBytes(),
                        constants.loopShare(),
                        constants.scoreWidth(),
                        constants.rowSeconds(),
                        constants.meetingSeconds(),
                        constants.turnSeconds(),
                        constants.weightBytes(),
                        known.updateBytes(),
                        known.isHeadOfLabels()));
    }

    /**
     * The same machine when what it does takes so many times as long.
     *
     * @param rest messages, and rows of queries
     */
    public Calibration slowed(double products, double attention, double memory, double rest) {
        return new Calibration(
                cores,
                alone,
                productFlops / products,
                attentionFlops / attention,
                memoryBytesPerSecond / memory,
                memoryBytes,
                inside.slowed(rest),
                between.slowed(rest),
                constants.withRowSeconds(constants.rowSeconds() * rest));
    }

    public Calibration withAlone(double other) {
        return new Calibration(
                cores,
                other,
                productFlops,
                attentionFlops,
                memoryBytesPerSecond,
                memoryBytes,
                inside,
                between,
                constants);
    }

    /** With other constants of the program. */
    public Calibration with(Constants other) {
        return new Calibration(
                cores, alone, productFlops, attentionFlops, memoryBytesPerSecond, memoryBytes, inside, between, other);
    }
}
