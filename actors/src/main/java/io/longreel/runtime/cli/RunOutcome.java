package io.longreel.runtime.cli;

import io.longreel.runtime.node.NodeEnd;
import io.longreel.runtime.supervisor.RunEnd;
import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;

/** The last line of a command that ran something: what went wrong goes to stderr, the rest to stdout. */
final class RunOutcome {
    private RunOutcome() {}

    /** Prints the line and returns the exit code. */
    static int print(CommandSpec spec, RunEnd end) {
        boolean failed = switch (end.exitCode()) {
            case Main.FAILED, Main.MISUSED, NodeEnd.UNUSABLE -> true;
            default -> false; // done, or ended by a signal as it was asked to
        };
        PrintWriter writer =
                failed ? spec.commandLine().getErr() : spec.commandLine().getOut();
        writer.println((failed ? "longreel: " : "") + end.message());
        writer.flush();
        return end.exitCode();
    }
}
