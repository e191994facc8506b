package io.longreel.runtime.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options that ask the planner without a file, or over one: use it as {@code @Mixin}. Each is a key of {@code plan/defaults.conf}. */
final class PlanQuestionOptions {
    private final Map<String, String> keys = new LinkedHashMap<>();

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "llama3-8b, qwen2-1.5b, qwen2-7b, or a folder in VILA's layout.")
    void model(String value) {
        keys.put("model", value);
    }

    @Option(
            names = "--gpu",
            paramLabel = "GPU",
            description = "a100-80, h100-80, h200, b200, this-machine, or a file that plan calibrate wrote.")
    void gpu(String value) {
        keys.put("cluster.gpu", value);
    }

    @Option(names = "--gpus", paramLabel = "N", description = "Devices, a rank each.")
    void gpus(String value) {
        keys.put("cluster.gpus", value);
    }

    @Option(names = "--nodes", paramLabel = "N", description = "Nodes that hold them.")
    void nodes(String value) {
        keys.put("cluster.nodes", value);
    }

    @Option(names = "--gpus-per-node", paramLabel = "N", description = "Devices of a node (default: the preset's).")
    void gpusPerNode(String value) {
        keys.put("cluster.gpus-per-node", value);
    }

    @Option(
            names = "--between",
            paramLabel = "BYTES",
            description = "Bytes per second of a GPU's link to other nodes, one way.")
    void between(String value) {
        keys.put("cluster.between.bandwidth", value);
    }

    @Option(
            names = "--between-latency",
            paramLabel = "SECONDS",
            description = "Seconds until the first byte of a message to another node is there.")
    void betweenLatency(String value) {
        keys.put("cluster.between.latency", value);
    }

    @Option(names = "--memory", paramLabel = "SIZE", description = "Memory of a device, such as 80 GB.")
    void memory(String value) {
        keys.put("cluster.memory", value);
    }

    @Option(names = "--tokens", paramLabel = "N", description = "Length of a sequence; 320K and 2M are understood.")
    void tokens(String value) {
        keys.put("length", value);
    }

    @Option(names = "--frames", paramLabel = "N", description = "Frames of a sequence.")
    void frames(String value) {
        keys.put("frames", value);
    }

    @Option(names = "--batch", paramLabel = "N", description = "Sequences of a step (default: 1).")
    void batch(String value) {
        keys.put("batch", value);
    }

    @Option(
            names = "--stage",
            paramLabel = "STAGE",
            description =
                    "What trains: text (default), 1-align, 2-pretrain, 3-short-sft, 4-extend-context, 5-long-sft.")
    void stage(String value) {
        keys.put("stage", value);
    }

    @Option(names = "--mesh", paramLabel = "MESH", description = "auto (default), or degrees such as ring=4,ulysses=8.")
    void mesh(String value) {
        keys.put("mesh", value);
    }

    @Option(names = "--zero", paramLabel = "N", description = "ZeRO stage, 1 to 3 (default: the best).")
    void zero(String value) {
        keys.put("zero", value);
    }

    @Option(
            names = "--recompute",
            paramLabel = "BOOL",
            description = "Whether layers are computed again (default: if needed).")
    void recompute(String value) {
        keys.put("recompute", value);
    }

    @Option(
            names = "--software",
            paramLabel = "NAME",
            description =
                    "Whose steps: longvila (default), longvila-zero3, megatron or longreel; a calibration has its own.")
    void software(String value) {
        keys.put("software", value);
    }

    /** What was given, by the keys of a description. */
    Map<String, String> keys() {
        return keys;
    }
}
