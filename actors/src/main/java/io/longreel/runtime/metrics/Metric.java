package io.longreel.runtime.metrics;

/**
 * Every number that a run shows, by the names that torchtitan gives it in TensorBoard (its {@code components/metrics.py}) where there is one, ours
 * beside them. docs/dashboard.md is the list for people, and a test holds it to this one.
 */
public enum Metric {
    /** Mean over the labelled tokens of the global batch. */
    LOSS("loss_metrics/global_avg_loss", Kind.VALUE, "Mean loss per labelled token of the newest step, natural log"),
    GRADIENT_NORM("grad_norm", Kind.VALUE, "Global norm of the gradient of the newest step, before clipping"),
    LEARNING_RATE("lr", Kind.VALUE, "Learning rate of the newest step, for every part without one of its own"),
    /** As torchtitan counts: of each device, not of the mesh. */
    THROUGHPUT(
            "throughput(tps)",
            Kind.VALUE,
            "Tokens per second and rank in the newest step, by the time of the slowest rank"),
    STEP_TIME("time_metrics/end_to_end(s)", Kind.VALUE, "Seconds that the slowest rank took for the newest step"),
    DATA_TIME(
            "time_metrics/data_loading(s)",
            Kind.VALUE,
            "Seconds of the newest step in which the rank that waited longest had no samples"),
    DATA_SHARE("time_metrics/data_loading(%)", Kind.VALUE, "Percent of the newest step in which a rank had no samples"),
    /** As torchtitan counts: of each device, not of the mesh. */
    TFLOPS(
            "tflops",
            Kind.VALUE,
            "Floating point operations, in 10^12 per second and rank, that the newest step was for; what is computed twice counts once"),
    MFU(
            "mfu(%)",
            Kind.VALUE, "Percent of the measured peak of all ranks that the operations of the newest step reached"),
    MEMORY_PROCESS(
            "memory/max_active(GiB)", Kind.VALUE, "Most memory in RAM that a process of the mesh has had so far"),
    MEMORY_ARENAS(
            "memory/max_arenas(GiB)", Kind.VALUE, "Largest off-heap memory of a rank's arenas, without snapshots"),
    EXPOSED_COMMUNICATION(
            "sp/exposed_comm(%)",
            Kind.VALUE, "Percent of the ranks' time in the newest step in which they waited for each other"),
    IMBALANCE(
            "sp/imbalance_ratio",
            Kind.VALUE,
            "Longest own work of a rank over the mean of all ranks in the newest step, 1 = even"),
    BYTES_LOCAL("sp/bytes_local", Kind.AMOUNT, "Payload bytes that ranks sent inside their process"),
    BYTES_INTRA_NODE("sp/bytes_intra_node", Kind.AMOUNT, "Payload bytes that ranks sent to processes of the same node"),
    BYTES_INTER_NODE("sp/bytes_inter_node", Kind.AMOUNT, "Payload bytes that ranks sent to other nodes"),
    WAIT_LOCAL(
            "sp/wait_local(s)",
            Kind.VALUE,
            "Mean seconds of the newest step in which a rank waited in exchanges inside its process"),
    WAIT_INTRA_NODE(
            "sp/wait_intra_node(s)",
            Kind.VALUE,
            "Mean seconds of the newest step in which a rank waited in exchanges with other processes of its node"),
    WAIT_INTER_NODE(
            "sp/wait_inter_node(s)",
            Kind.VALUE,
            "Mean seconds of the newest step in which a rank waited in exchanges with other nodes"),
    TOKENS("data/tokens", Kind.AMOUNT, "Tokens of committed steps"),
    FRAMES("data/frames", Kind.AMOUNT, "Frames of committed steps, encoded and reused"),
    FILL("data/fill(%)", Kind.VALUE, "Percent of the room of the newest step's sequences that tokens fill"),
    STEPS("progress/steps", Kind.AMOUNT, "Steps that were committed while this process looked on"),
    GLOBAL_STEP("progress/global_step", Kind.STATE, "Committed steps of all stages"),
    STAGE("progress/stage", Kind.STATE, "Index of the current stage, from 0"),
    WORLD_SIZE("sp/world_size", Kind.STATE, "Ranks of the mesh"),
    GOODPUT(
            "ft/goodput",
            Kind.VALUE,
            "Part of the time since training began that no recovery took, from 0 to 1, while this process looked on"),
    MTTR("ft/mttr_s", Kind.VALUE, "Mean seconds from the notice of a fault to the first new step behind it"),
    RPO("ft/rpo_steps", Kind.VALUE, "Steps that the newest recovery computed again"),
    /** By kind of fault. */
    FAULTS("ft/faults", Kind.FAULT, "Faults by kind");

    /** How a number behaves. */
    enum Kind {
        /** A gauge; a point of each step in TensorBoard. */
        VALUE,
        /** A gauge, and too dull to plot over steps. */
        STATE,
        /** What a step adds: its own amount in TensorBoard, a counter for Prometheus. */
        AMOUNT,
        /** A counter by kind of fault. */
        FAULT
    }

    private static final String PREFIX = "longreel_";

    private final String tag;
    private final Kind kind;
    private final String help;

    Metric(String tag, Kind kind, String help) {
        this.tag = tag;
        this.kind = kind;
        this.help = help;
    }

    /** Its name in TensorBoard. */
    public String tag() {
        return tag;
    }

    Kind kind() {
        return kind;
    }

    /** What it is, with its unit. */
    String help() {
        return help;
    }

    boolean isCounter() {
        return kind == Kind.AMOUNT || kind == Kind.FAULT;
    }

    /** Its name as a meter, which is its name for Prometheus but for the ending of a counter. */
    String meterName() {
        return PREFIX
                + tag.replace("(%)", "_percent")
                        .replace("(s)", "_seconds")
                        .replace("(tps)", "_tps")
                        .replace("(GiB)", "_gib")
                        .replace('/', '_');
    }

    /** Its name for Prometheus, whose names have neither slashes nor brackets. */
    public String prometheusName() {
        return isCounter() ? meterName() + "_total" : meterName();
    }
}
