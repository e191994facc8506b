package io.longreel.runtime.cli;

import com.sun.management.OperatingSystemMXBean;
import io.longreel.config.CalibrationFile;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.TransportSettings;
import io.longreel.config.plan.Calibration;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.ops.device.Devices;
import io.longreel.runtime.plan.MachineCalibration;
import io.longreel.runtime.plan.MachineCalibration.Effort;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code plan calibrate}: measures this machine for the planner. */
@Command(
        name = "calibrate",
        description = {
            "Measures this machine's products, attention, loops, memory, messages and small steps, in about three minutes, and",
            "writes a file that plan --gpu FILE takes. The machine should do nothing else."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class PlanCalibrateCommand implements Callable<Integer> {
    private final Effort effort;
    private final LongSupplier clockNs;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description =
                    "Default: ~/.longreel/calibration.conf, where plan CONF, plan check and mesh = auto look for it.")
    private Path out = Path.of("");

    PlanCalibrateCommand() {
        this(Effort.FULL, BenchCommand.CLOCK_NS);
    }

    /** @param effort how long is measured */
    PlanCalibrateCommand(Effort effort, LongSupplier clockNs) {
        this.effort = effort;
        this.clockNs = clockNs;
    }

    @Override
    public Integer call() {
        Path file = out.toString().isEmpty() ? place() : out;
        // Before minutes of work: it must be possible to write there.
        createFolder(file);
        ResultFile.check(file, "calibration");
        TransportSettings transport = RunConfigLoader.load("tiny", List.of()).transport();
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        Calibration measured = new MachineCalibration(Devices.cpu(), clockNs, transport, effort, this::say)
                .run(Runtime.getRuntime().availableProcessors(), system.getTotalMemorySize());
        DurableFile.write(file, CalibrationFile.text(measured).getBytes(StandardCharsets.UTF_8));
        say("written to " + file);
        return Main.OK;
    }

    /** Where calibrations are looked for. */
    static Path place() {
        return CalibrationFile.place()
                .orElseThrow(() -> RuntimeFailure.config(
                        "name the file of the calibration: only bin/longreel knows where it is by default"));
    }

    private static void createFolder(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        try {
            if (folder != null) {
                Files.createDirectories(folder);
            }
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "the folder of the calibration cannot be made: %s (%s)".formatted(folder, e.getMessage()),
                    e);
        }
    }

    private void say(String line) {
        PrintWriter to = spec.commandLine().getOut();
        to.println(line);
        to.flush();
    }
}
