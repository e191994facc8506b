package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.model.verify.Verification;
import io.longreel.model.verify.VerificationReport;
import io.longreel.ops.device.Devices;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code verify}: shows that sequence parallelism computes what one rank would; exit code 1 when something does not hold. */
@Command(
        name = "verify",
        description = "Checks sequence-parallel attention against definitions in double: numbers, pairs, bytes, bits.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class VerifyCommand implements Callable<Integer> {
    private static final int PROGRESS_PARTS = 10;
    private static final int THREADS_MAX = 256;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(names = "--all", description = "The whole grid, about ten minutes on two cores; else a part, about one.")
    private boolean all;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the report as JSON.")
    private Path json = Path.of("");

    @Option(names = "--threads", paramLabel = "N", description = "Cases side by side (default: one per processor).")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--seed", paramLabel = "N", description = "Draws the cases (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Override
    public Integer call() {
        if (!json.toString().isEmpty()) {
            ResultFile.check(json, "report");
        }
        if (threads < 1 || threads > THREADS_MAX) {
            throw RuntimeFailure.config("--threads must be from 1 to %d: threads=%d".formatted(THREADS_MAX, threads));
        }
        VerificationReport report = Verification.run(
                new Verification.Options(all, threads, seed), Devices.cpu(), System::nanoTime, this::showProgress);
        PrintWriter out = spec.commandLine().getOut();
        report.toTable().forEach(out::println);
        if (!json.toString().isEmpty()) {
            DurableFile.write(json, (report.toJson() + System.lineSeparator()).getBytes(StandardCharsets.UTF_8));
        }
        return report.passed() ? Main.OK : Main.FAILED;
    }

    /** A line at the start of each part and at each tenth of it. */
    private void showProgress(String part, int done, int total) {
        if (done == 0 || done * PROGRESS_PARTS / total != (done - 1) * PROGRESS_PARTS / total) {
            spec.commandLine().getErr().printf("verify: %s %d of %d%n", part, done, total);
        }
    }
}
