package io.longreel.chaos.cli;

import io.longreel.chaos.scenario.Catalogue;
import io.longreel.chaos.scenario.Scenario;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code chaos list}: every scenario, and what it does. */
@Command(
        name = "list",
        description = "Lists the scenarios: name, what strikes where, and what happens.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class ListCommand implements Runnable {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        int width = Catalogue.all().stream()
                .mapToInt(scenario -> scenario.name().length())
                .max()
                .orElse(0);
        for (Scenario scenario : Catalogue.all()) {
            out.printf("%-" + width + "s  %s%n", scenario.name(), scenario.summary());
        }
        out.flush();
    }
}
