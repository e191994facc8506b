package io.longreel.runtime.cli;

import io.longreel.runtime.launch.RunDirectory.Existing;
import io.longreel.runtime.launch.RunSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code demo}: the main job, a small LongVILA through all five stages. Run again, it replaces its own result, but
 * never a run that could go on.
 */
@Command(
        name = "demo",
        description = "Trains a small model through the five stages until it finds the needle in a long video.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class DemoCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Mixin
    private final RunOptions options = new RunOptions();

    @Option(
            names = "--haystack",
            paramLabel = "FILE",
            arity = "1..*",
            description = "Video files to hide the needles in; without any, the demo draws its own footage.")
    private final List<Path> haystack = new ArrayList<>();

    @Override
    public Integer call() {
        RunSession session = RunSession.withWorkers(spec.commandLine().getOut());
        String[] footage = haystack.isEmpty() ? new String[0] : new String[] {"data.footage=" + quoted(haystack)};
        return RunOutcome.print(spec, options.run(session, options.load("demo", footage), Existing.REPLACE_FINISHED));
    }

    private static String quoted(List<Path> files) {
        return files.stream()
                .map(file -> '"' + file.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "[", "]"));
    }
}
