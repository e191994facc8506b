package io.longreel.runtime.plan;

import io.longreel.config.PlanPresets;
import io.longreel.config.RecomputeSettings;
import io.longreel.config.TransportSettings;
import io.longreel.config.plan.Calibration;
import io.longreel.config.plan.Calibration.Constants;
import io.longreel.config.plan.Link;
import io.longreel.config.plan.Software;
import io.longreel.config.topology.Mesh;
import io.longreel.model.SessionOptions;
import io.longreel.model.bench.BenchSize;
import io.longreel.model.bench.KernelRates;
import io.longreel.model.bench.LinkRates;
import io.longreel.model.bench.StepBench;
import io.longreel.ops.device.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Measures this machine for the planner: kernels on all of its cores, links, and what steps take beyond those. Computes and sends; one at a
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
     * @param frames of the longest step
     */
    public record Effort(KernelRates.Effort kernels, int laps, int steps, int frames) {
        /** Three minutes or so. */
        public static final Effort FULL = new Effort(KernelRates.Effort.FULL, 15, 201, 400);
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
        says.accept(
                "%d cores at once, each: products %.1f GFLOP/s, attention %.1f, AdamW %.1f GB/s, loops over elements %.1f GB/s"
                        .formatted(
                                cores,
                                rates.productFlops() / 1e9,
                                rates.attentionFlops() / 1e9,
                                rates.memoryBytesPerSecond() / 1e9,
                                rates.loopBytesPerSecond() / 1e9));
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
                0,
                0,
                BASE.details().weightBytes() + FACTOR_NUMBERS * (operandBytes - NUMBER_BYTES));
        Calibration machine = new Calibration(
                cores,
                1,
                rates.productFlops(),
                rates.attentionFlops(),
                rates.memoryBytesPerSecond(),
                memoryBytes,
                inside,
                between,
                kernels);
        return withSteps(machine);
    }

    private static String text(Link link) {
        return "%.1f us and %.2f GB/s".formatted(1e6 * link.latencySeconds(), link.bytesPerSecond() / 1e9);
    }

    private Calibration withSteps(Calibration machine) {
        List<StepFit.Measured> steps = new ArrayList<>();
        for (Lesson lesson : Lesson.ALL) {
            StepBench.Setting setting = lesson.setting(effort);
            steps.add(new StepFit.Measured(
                    setting, StepBench.run(setting, device, clockNs).stepSeconds()));
            says.accept("%-5s  layers %2d  frames %3d  data %d  ring %d  ulysses %d: a step takes %.2f ms"
                    .formatted(
                            setting.size().name().toLowerCase(Locale.ROOT),
                            setting.layers(),
                            setting.frames(),
                            setting.mesh().dataDegree(),
                            setting.mesh().ringDegree(),
                            setting.mesh().ulyssesDegree(),
                            1e3 * steps.getLast().seconds()));
        }
        StepFit.Found found = StepFit.of(machine, steps);
        Constants constants = found.calibration().constants();
        says.accept(
                "in whole steps products take %.2f times as long as alone, attention %.2f, memory %.2f, the rest %.2f; a core is %.2f times as fast while the others rest"
                        .formatted(
                                found.products(),
                                found.attention(),
                                found.memory(),
                                found.rest(),
                                found.calibration().alone()));
        says.accept(
                "beyond kernels and messages a step takes %.2f ms, a layer of it %.3f ms, a step of a ring in a layer %.3f ms, an exchange %.1f us, and %.1f us for each rank of a shared core"
                        .formatted(
                                1e3 * constants.fixedSeconds(),
                                1e3 * constants.layerSeconds(),
                                1e3 * constants.ringStepSeconds(),
                                1e6 * constants.meetingSeconds(),
                                1e6 * constants.turnSeconds()));
        return found.calibration();
    }

    /**
     * A step that is measured.
     *
     * @param share of the frames that an effort has for the longest
     * @param fewer how many times fewer steps than of the shortest
     */
    private record Lesson(BenchSize size, int layers, double share, Mesh mesh, int fewer) {
        private static final List<Lesson> ALL = List.of(
                new Lesson(BenchSize.TINY, 2, 0, Mesh.single(), 1),
                new Lesson(BenchSize.TINY, 10, 0, Mesh.single(), 1),
                new Lesson(BenchSize.TINY, 10, 0, new Mesh(1, 2, 1), 2),
                new Lesson(BenchSize.TINY, 4, 0.3, Mesh.single(), 8),
                new Lesson(BenchSize.TINY, 4, 0.3, new Mesh(1, 1, 2), 8),
                new Lesson(BenchSize.TINY, 4, 1, Mesh.single(), 16),
                new Lesson(BenchSize.TINY, 4, 1, new Mesh(1, 2, 1), 16),
                new Lesson(BenchSize.TINY, 4, 1, new Mesh(2, 1, 1), 16),
                new Lesson(BenchSize.TINY, 4, 1, new Mesh(1, 1, 4), 16),
                new Lesson(BenchSize.TINY, 4, 1, new Mesh(1, 4, 2), 16),
                new Lesson(BenchSize.TINY, 4, 0.5, new Mesh(1, 4, 4), 16),
                new Lesson(BenchSize.SMALL, 8, 0.08, Mesh.single(), 60),
                new Lesson(BenchSize.SMALL, 8, 0.08, new Mesh(1, 1, 2), 60),
                new Lesson(BenchSize.SMALL, 8, 0.08, new Mesh(1, 2, 2), 60));

        private StepBench.Setting setting(Effort effort) {
            return new StepBench.Setting(
                    size,
                    layers,
                    Math.max(1, (int) Math.round(share * effort.frames())),
                    mesh,
                    SessionOptions.DEFAULTS.precision(),
                    RecomputeSettings.NONE,
                    Math.max(1, effort.steps() / fewer));
        }
    }
}
