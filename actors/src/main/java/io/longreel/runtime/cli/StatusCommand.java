package io.longreel.runtime.cli;

import io.longreel.runtime.dashboard.Terminal;
import io.longreel.runtime.launch.RunStatus;
import io.longreel.runtime.launch.StatusText;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code status RUN}: how far a run has come, read from its files; the run need not be alive. */
@Command(
        name = "status",
        description = "Says how far a run has come.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class StatusCommand implements Callable<Integer> {
    private static final long LOOK_SECONDS = 2;
    /** Cursor home, and everything behind it cleared. */
    private static final String REDRAW = "\u001b[H\u001b[2J";

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "RUN", description = "Run directory.")
    private Path run = Path.of("");

    @Option(names = "--json", description = "For programs: one object, with --watch one a line.")
    private boolean asJson;

    @Option(names = "--watch", description = "Say it again every two seconds, until the run is over.")
    private boolean watches;

    @Override
    public Integer call() throws InterruptedException {
        InstantSource clock = InstantSource.system();
        CountDownLatch never = new CountDownLatch(1);
        RunStatus status = RunStatus.of(run, clock);
        print(status);
        while (watches && status.state() == RunStatus.State.RUNNING) {
            if (never.await(LOOK_SECONDS, TimeUnit.SECONDS)
                    || spec.commandLine().getOut().checkError()) {
                break; // who reads has had enough
            }
            status = RunStatus.of(run, clock);
            print(status);
        }
        return Main.OK;
    }

    private void print(RunStatus status) {
        PrintWriter out = spec.commandLine().getOut();
        StatusText text = new StatusText(status);
        if (asJson) {
            out.println(watches ? text.json().toString() : text.json().toPrettyString());
        } else {
            if (watches) {
                out.print(Terminal.isThere() ? REDRAW : "");
            }
            text.lines().forEach(out::println);
            if (watches && !Terminal.isThere()) {
                out.println();
            }
        }
        out.flush();
    }
}
