package io.longreel.runtime.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import picocli.CommandLine.Command;

/**
 * The commands of {@code bin/longreel}, in the order of its help. A new command is a picocli {@code @Command} class and
 * one line here; modules above this one bring theirs as {@link CommandProvider}.
 */
final class Commands {
    private Commands() {}

    /**
     * The commands among which {@code args} chooses. Fresh instances: picocli keeps the options of a run in them. Those of other modules are looked
     * for only when no own command is named, so that nobody else waits for them.
     */
    static List<Object> forLine(String... args) {
        List<Object> own = own();
        return args.length > 0 && own.stream().anyMatch(command -> isNamed(command, args[0])) ? own : all();
    }

    /** All commands there are. */
    static List<Object> all() {
        List<Object> commands = new ArrayList<>(own());
        ServiceLoader.load(CommandProvider.class).forEach(provider -> commands.addAll(provider.commands()));
        return commands;
    }

    private static boolean isNamed(Object command, String name) {
        Command annotation = command.getClass().getAnnotation(Command.class);
        return annotation != null && annotation.name().equals(name);
    }

    private static List<Object> own() {
        return List.of(
                new DemoCommand(),
                new TrainCommand(),
                new SeedCommand(),
                new WorkerCommand(),
                new ResumeCommand(),
                new StatusCommand(),
                new LogsCommand(),
                new ControlCommand(),
                new CompareCommand(),
                new TraceCommand(),
                new ConfigCommand(),
                new PlanCommand(),
                new DoctorCommand(),
                new GenerateCommand(),
                new ServeCommand(),
                new ForwardCommand(),
                new EvalCommand(),
                new VerifyCommand(),
                new InspectCommand(),
                new VerifyCheckpointCommand(),
                new DataCommand(),
                new BenchCommand(),
                new CompletionCommand());
    }
}
