package io.longreel.runtime.cli;

import java.util.List;

/**
 * The commands of {@code bin/longreel}, in the order of its help. A new command is a picocli {@code @Command} class and
 * one line here.
 */
final class Commands {
    private Commands() {}

    /** Fresh instances: picocli keeps the options of a run in them. */
    static List<Object> all() {
        return List.of(
                new DemoCommand(),
                new TrainCommand(),
                new SeedCommand(),
                new WorkerCommand(),
                new ResumeCommand(),
                new StatusCommand(),
                new ConfigCommand(),
                new DoctorCommand(),
                new ForwardCommand(),
                new VerifyCommand());
    }
}
