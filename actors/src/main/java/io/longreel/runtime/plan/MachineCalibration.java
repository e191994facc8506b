package io.longreel.runtime.plan;

import io.longreel.config.PlanPresets;
import io.longreel.config.RecomputeSettings;
import io.longreel.config.TransportSettings;
import io.longreel.config.plan.Calibration;
import io.longreel.config.plan.Calibration.Constants;
import io.longreel.config.plan.ClusterSpec;
import io.longreel.config.plan.CostModel;
import io.longreel.config.plan.Link;
import io.longreel.config.plan.MeshChoice;
import io.longreel.config.plan.Method;
import io.longreel.config.plan.Software;
import io.longreel.config.plan.StepCase;
import io.longreel.config.plan.StepCost;
import io.longreel.config.plan.Workload;
import io.longreel.config.topology.Mesh;
import io.longreel.model.SessionOptions;
import io.longreel.model.bench.BenchSize;
import io.longreel.model.bench.KernelRates;
import io.longreel.model.bench.LinkRates;
import io.longreel.model.bench.StepBench;
import io.longreel.ops.device.Device;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Measures this machine for the planner: kernels on all of its cores, links, and what is left of the smallest steps when their kernels are taken away. Computes and sends; one at a
 * time, on a machine that does nothing else.
 */
public final class MachineCalibration {
    private static final Software BASE = PlanPresets.software("longreel");
    private static final int NUMBER_BYTES = 4;
    /** Numbers that products read and write of each weight: factor twice, gradient read and written. */
    private static final int FACTOR_NUMBERS = 4;

    private final Device device;
    private final LongSupplier clockNs;
    private final TransportSettings transport;
    private final Effort effort;
    private final Consumer<String> says;

    /**
     * @param kernels how long kernels are measured
     * @param laps of exchanges
     * @param steps of the smallest models
     */
    public record Effort(KernelRates.Effort kernels, int laps, int steps) {
        /** A minute or so. */
        public static final Effort FULL = new Effort(KernelRates.Effort.FULL, 15, 201);
    }

    /** @param says what was found, a line each, while it goes on */
    public MachineCalibration(
            Device device, LongSupplier clockNs, TransportSettings transport, Effort effort, Consumer<String> says) {
        this.device = device;
        this.clockNs = clockNs;
        this.transport = transport;
        this.effort = effort;
        this.says = says;
    }

    /**
     * All of it.
     *
     * @param memoryBytes of the machine
     */
    public Calibration run(int cores, long memoryBytes) {
        KernelRates rates = KernelRates.measure(cores, effort.kernels(), device, clockNs);
        double alone = KernelRates.alone(cores, effort.kernels(), device, clockNs);
        says.accept(
                "%d cores at once, each: products %.1f GFLOP/s, attention %.1f, AdamW %.1f GB/s, loops over elements %.1f GB/s; one core alone multiplies %.2f times as fast"
                        .formatted(
                                cores,
                                rates.productFlops() / 1e9,
                                rates.attentionFlops() / 1e9,
                                rates.memoryBytesPerSecond() / 1e9,
                                rates.loopBytesPerSecond() / 1e9,
                                alone));
        Link inside = LinkRates.threads(effort.laps(), clockNs);
        Link windows = LinkRates.windows(transport, effort.laps(), clockNs);
        Link between = LinkRates.nodes(transport, effort.laps(), clockNs);
        says.accept(
                "messages: threads of a process %s, processes of a node %s (no run has them), nodes over loopback UDP %s"
                        .formatted(text(inside), text(windows), text(between)));
        double operandBytes = rates.operandSeconds() * rates.memoryBytesPerSecond();
        Constants kernels = new Constants(
                0,
                0,
                0,
                operandBytes,
                Math.min(1, rates.loopBytesPerSecond() / rates.memoryBytesPerSecond()),
                rates.scoreWidth(),
                rates.rowSeconds(),
                BASE.details().weightBytes() + FACTOR_NUMBERS * (operandBytes - NUMBER_BYTES));
        Calibration machine = new Calibration(
                cores,
                alone,
                rates.productFlops(),
                rates.attentionFlops(),
                rates.memoryBytesPerSecond(),
                memoryBytes,
                inside,
                between,
                kernels);
        return machine.with(fixed(machine, kernels));
    }

    private static String text(Link link) {
        return "%.1f us and %.2f GB/s".formatted(1e6 * link.latencySeconds(), link.bytesPerSecond() / 1e9);
    }

    /** What smallest steps take beyond their kernels: of a step, of a layer, of a step of the ring in a layer. */
    private Constants fixed(Calibration machine, Constants kernels) {
        int few = 2;
        int many = 10;
        Mesh one = Mesh.single();
        double stretch = machine.cluster("here", 1).sharing().stretch(1);
        double shallow = beyond(machine, few, one) / stretch;
        double deep = beyond(machine, many, one) / stretch;
        double layer = Math.max(0, deep - shallow) / (many - few);
        int tower = RunTimes.shape(setting(few, one).config())
                .vision()
                .orElseThrow()
                .layers();
        double fixed = Math.max(0, shallow - layer * (few + tower));
        Constants whole = kernels.withFixed(fixed, 0, layer);
        Mesh ring = new Mesh(1, 2, 1);
        double ringStretch = machine.cluster("here", 2).sharing().stretch(2);
        double ringStep = Math.max(0, beyond(machine.with(whole), many, ring)) / ringStretch / many / 2;
        says.accept(
                "a step %.2f ms, a layer of it %.3f ms, a step of a ring in a layer %.3f ms, beyond kernels and messages"
                        .formatted(1e3 * fixed, 1e3 * layer, 1e3 * ringStep));
        return kernels.withFixed(fixed, ringStep, layer);
    }

    private double beyond(Calibration machine, int layers, Mesh mesh) {
        StepBench.Setting setting = setting(layers, mesh);
        double measured = StepBench.run(setting, device, clockNs).stepSeconds();
        return measured
                - cost(setting, machine.cluster("here", mesh.worldSize()), machine.software(BASE))
                        .seconds();
    }

    private StepBench.Setting setting(int layers, Mesh mesh) {
        return new StepBench.Setting(
                BenchSize.TINY,
                layers,
                1,
                mesh,
                SessionOptions.DEFAULTS.precision(),
                RecomputeSettings.NONE,
                effort.steps());
    }

    /** What the planner says of a step that is measured: its ranks in one node, ZeRO stage 1. */
    public static StepCost cost(StepBench.Setting setting, ClusterSpec machine, Software software) {
        int ranks = setting.mesh().worldSize();
        Workload work = new Workload(
                setting.tokens(), setting.frames(), setting.mesh().dataDegree(), new Workload.Trains(true, true, true));
        return CostModel.of(new StepCase(
                RunTimes.shape(setting.config()),
                machine.withRanks(ranks, ranks),
                software,
                work,
                Method.TWO_D,
                new MeshChoice(setting.mesh(), 1, 1, false)));
    }
}
