package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.trace.TraceFile;
import io.longreel.runtime.trace.TraceFile.RankTime;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code trace RUN}: merges what the ranks of a run recorded, while it goes on or afterwards, and says where the time went. */
@Command(
        name = "trace",
        description = "Merges the timelines of a run's ranks into trace.json, and says where their time went.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class TraceCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "RUN", description = "Run directory.")
    private Path run = Path.of("");

    @Override
    public Integer call() {
        if (!Files.isDirectory(run)) {
            throw RuntimeFailure.config("there is no run in %s: name a run directory".formatted(run));
        }
        List<RankTime> ranks = TraceFile.merge(run)
                .orElseThrow(() -> RuntimeFailure.config(
                        "%s has no timelines: start the run with --trace, and let its stages be longer than trace.from-step"
                                .formatted(run)));
        PrintWriter out = spec.commandLine().getOut();
        out.println("rank  steps  ms per step  computes  exchanges  samples  other");
        for (RankTime time : ranks) {
            out.printf(
                    Locale.ROOT,
                    "%4d  %5d  %11.1f  %7.1f%%  %8.1f%%  %6.1f%%  %4.1f%%%n",
                    time.rank(),
                    time.steps(),
                    time.stepMs() / Math.max(1, time.steps()),
                    percent(time.computeMs(), time),
                    percent(time.exchangeMs(), time),
                    percent(time.dataMs(), time),
                    percent(time.otherMs(), time));
        }
        out.println(run.resolve(TraceFile.NAME) + "  opens in ui.perfetto.dev");
        return Main.OK;
    }

    private static double percent(double part, RankTime time) {
        return time.stepMs() > 0 ? 100 * part / time.stepMs() : 0;
    }
}
