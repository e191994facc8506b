package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.runtime.cli.doctor.Doctor;
import io.longreel.runtime.cli.doctor.Finding;
import io.longreel.runtime.cli.doctor.Finding.Grade;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.ColorScheme;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code doctor [CONF]}: what the machine offers a run and what is missing, a line each. Exit code 1 when the run
 * cannot work.
 */
@Command(
        name = "doctor",
        description = "Says what this machine offers a run and what is missing.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class DoctorCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Parameters(
            paramLabel = "CONF",
            arity = "0..1",
            defaultValue = "demo",
            description = "What is going to run here: a HOCON file or a preset (default: ${DEFAULT-VALUE}).")
    private String source = "";

    @Override
    public Integer call() {
        RunConfig config = options.load(source);
        List<Finding> findings = Doctor.of(config, System::nanoTime).examine();
        PrintWriter out = spec.commandLine().getOut();
        findings.forEach(finding -> out.println(line(finding)));
        boolean able = findings.stream().noneMatch(f -> f.grade() == Grade.MISSING);
        out.println(
                able
                        ? "This machine can run %s.".formatted(config.name())
                        : "This machine cannot run %s before the lines marked \"missing\" are seen to."
                                .formatted(config.name()));
        return able ? Main.OK : Main.FAILED;
    }

    private String line(Finding finding) {
        ColorScheme colours = spec.commandLine().getColorScheme();
        String grade = switch (finding.grade()) {
            case OK -> "@|green ok     |@";
            case WARN -> "@|yellow warn   |@";
            case MISSING -> "@|red missing|@";
        };
        String text = "%-16s %s".formatted(finding.subject(), finding.fact());
        String advice = finding.advice().isEmpty() ? "" : "; " + finding.advice();
        return colours.ansi().string(grade) + "  " + text + advice;
    }
}
