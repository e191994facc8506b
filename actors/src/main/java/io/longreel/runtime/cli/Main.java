package io.longreel.runtime.cli;

import io.longreel.config.NearestKey;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * Entry point of {@code bin/longreel}. Exit codes: 0 done, 2 the user's command line, configuration or files are wrong
 * (one line each on stderr, nothing touched), 1 anything else (one line, and the stack in a file or with {@code
 * --verbose} on stderr). Holds no logger: loggers must not exist before the options are read.
 */
@Command(
        name = "longreel",
        description = "Trains vision-language models on long videos, sharded over actors, nodes and ranks.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        usageHelpAutoWidth = true)
public final class Main implements Runnable {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int MISUSED = 2;

    /** System property that logback.xml reads. */
    private static final String CONSOLE_LEVEL = "longreel.console.level";

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    private boolean verbose;

    private Main() {}

    public static void main(String[] args) {
        Charset charset = System.out.charset();
        PrintWriter out = new PrintWriter(System.out, true, charset);
        PrintWriter err = new PrintWriter(System.err, true, charset);
        System.exit(run(out, err, args));
    }

    /** Runs one command line and returns its exit code. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        return run(Commands.forLine(args), out, err, args);
    }

    static int run(Iterable<?> commands, PrintWriter out, PrintWriter err, String... args) {
        Main main = new Main();
        CommandLine commandLine = commandLine(main, commands);
        commandLine
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setAbbreviatedOptionsAllowed(false)
                .setParameterExceptionHandler((failure, ignored) -> misused(failure, err))
                .setExecutionExceptionHandler(
                        (failure, at, ignored) -> new FailureReport(at.getErr(), main.verbose).exitCodeOf(failure));
        try {
            int exitCode = commandLine.execute(args);
            if (exitCode == OK && out.checkError()) { // who asked for it did not get it
                err.println("longreel: the output could not be written to the end");
                return FAILED;
            }
            return exitCode;
        } catch (OutOfMemoryError e) {
            err.println(
                    "longreel: there is not enough memory (%s): ask for less, or give the JVM more, as by LONGREEL_JAVA_OPTS=-Xmx4g"
                            .formatted(e.getMessage()));
            return FAILED;
        }
    }

    /** The command line that has these commands, to be looked at. */
    static CommandLine commandLine(Iterable<?> commands) {
        return commandLine(new Main(), commands);
    }

    private static CommandLine commandLine(Main main, Iterable<?> commands) {
        CommandLine commandLine = new CommandLine(main);
        commands.forEach(commandLine::addSubcommand);
        return commandLine;
    }

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Log more on stderr, and show stack traces.")
    void verbose(boolean on) {
        verbose = on;
        if (on) {
            System.setProperty(CONSOLE_LEVEL, "INFO");
        }
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command given");
    }

    private static int misused(ParameterException failure, PrintWriter err) {
        CommandLine at = failure.getCommandLine();
        String advice = meant(failure)
                .map("did you mean %s?"::formatted)
                .orElseGet(() -> "try '%s --help'".formatted(at.getCommandSpec().qualifiedName()));
        err.println(at.getColorScheme().errorText("longreel: %s; %s".formatted(failure.getMessage(), advice)));
        return MISUSED;
    }

    /** The command or option that is nearest to the first word that is none. */
    private static Optional<String> meant(ParameterException failure) {
        if (!(failure instanceof CommandLine.UnmatchedArgumentException unmatched)
                || unmatched.getUnmatched().isEmpty()) {
            return Optional.empty();
        }
        String word = unmatched.getUnmatched().getFirst();
        CommandSpec command = failure.getCommandLine().getCommandSpec();
        return NearestKey.to(
                word,
                word.startsWith("-")
                        ? command.optionsMap().keySet()
                        : command.subcommands().keySet());
    }

    /** The version that the build wrote into the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {
                "longreel " + (version == null ? "(from unpacked classes)" : version),
                "Java " + Runtime.version() + " on " + System.getProperty("os.name") + " "
                        + System.getProperty("os.arch")
            };
        }
    }
}
