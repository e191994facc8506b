package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.eval.Comparison;
import io.longreel.curriculum.eval.NeedleResults;
import io.longreel.curriculum.eval.RunFacts;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.logs.LogEntry;
import io.longreel.runtime.logs.LogFilter;
import io.longreel.runtime.logs.RunLogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a run's directory tells of it when somebody looks back: for its report, and beside other runs. */
public record RunHistory(RunStatus status) {
    private static final Pattern PEAK = Pattern.compile("process\\.memory peakBytes=(\\d+)");
    private static final Pattern KERNEL_PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");
    private static final Pattern PROCESSOR = Pattern.compile("model name\\s*: (.*)");

    /**
     * @throws RuntimeFailure of category CONFIG when this is no run
     */
    public static RunHistory of(Path root, InstantSource clock) {
        return new RunHistory(RunStatus.of(root, clock));
    }

    /** Names that tell directories apart: their own, or as much of their path as differs. */
    public static List<String> names(List<Path> directories) {
        List<String> names = directories.stream()
                .map(path -> path.toAbsolutePath().normalize())
                .map(path -> String.valueOf(path.getFileName()))
                .toList();
        return names.stream().distinct().count() == names.size()
                ? names
                : directories.stream().map(Path::toString).toList();
    }

    /** For a comparison, under this name. */
    public Comparison.Run compared(String name) {
        return new Comparison.Run(name, status.config(), status.steps(), needles(), facts());
    }

    /** Needle tests that are done. */
    public List<NeedleResults> needles() {
        return needles(status.config(), status.root());
    }

    static List<NeedleResults> needles(RunConfig config, Path root) {
        return config.stages().stream()
                .flatMap(stage -> stage.evaluation().stream())
                .map(needle -> needle.name())
                .filter(name -> Files.exists(root.resolve(name + ".json")))
                .map(name -> NeedleResults.readJson(name, root.resolve(name + ".json")))
                .toList();
    }

    /** All but the steps. */
    public RunFacts facts() {
        return new RunFacts(
                outcome(),
                status.state() == RunStatus.State.FINISHED,
                status.account().wall().toMillis() / 1e3,
                status.account().goodput(),
                status.account().faults().stream()
                        .map(fault -> new RunFacts.Fault(fault.at(), fault.kind(), fault.text()))
                        .toList(),
                peakBytes(),
                environment(),
                commands());
    }

    private String outcome() {
        String reason = status.end().map(JournalEntry.RunEnded::reason).orElse("");
        return switch (status.state()) {
            case RUNNING -> "running";
            case FINISHED -> reason;
            // How to go on stands among the commands.
            case STOPPED -> reason.replaceFirst(", resume with .*", "");
            case FAILED -> "failed: " + reason;
            case KILLED -> "killed";
        };
    }

    private List<String> commands() {
        List<String> commands = new ArrayList<>();
        if (status.state() != RunStatus.State.FINISHED) {
            commands.add("bin/longreel resume " + status.root());
        }
        commands.add("bin/longreel train %s/run.conf --out %s-again".formatted(status.root(), status.root()));
        return commands;
    }

    /** As the processes wrote it into their logs when they ended; those that were killed did not. */
    private SortedMap<String, Long> peakBytes() {
        SortedMap<String, Long> peaks = new TreeMap<>();
        for (LogEntry entry : RunLogs.of(status.root(), LogFilter.ALL).poll()) {
            Matcher peak = PEAK.matcher(entry.lines().getFirst());
            if (peak.find()) {
                peaks.merge(entry.process(), Long.parseLong(peak.group(1)), Math::max);
            }
        }
        return peaks;
    }

    /** Most memory that this process has had, in bytes; empty where the kernel does not say. */
    static Optional<Long> ownPeakBytes() {
        return line(Path.of("/proc/self/status"), KERNEL_PEAK).map(kib -> Long.parseLong(kib) << 10);
    }

    /** Of the machine that looks. */
    private static SequencedMap<String, String> environment() {
        SequencedMap<String, String> environment = new LinkedHashMap<>();
        String version = RunHistory.class.getPackage().getImplementationVersion();
        environment.put("Longreel", version == null ? "unpacked classes" : version);
        environment.put("Java", Runtime.version() + ", " + System.getProperty("java.vm.name"));
        environment.put(
                "system",
                "%s %s, %s"
                        .formatted(
                                System.getProperty("os.name"),
                                System.getProperty("os.version"),
                                System.getProperty("os.arch")));
        line(Path.of("/proc/cpuinfo"), PROCESSOR).ifPresent(processor -> environment.put("processor", processor));
        environment.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        for (String variable : List.of("OMP_WAIT_POLICY", "OMP_NUM_THREADS")) {
            Optional.ofNullable(System.getenv(variable)).ifPresent(value -> environment.put(variable, value));
        }
        return environment;
    }

    private static Optional<String> line(Path file, Pattern wanted) {
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.map(wanted::matcher)
                    .filter(Matcher::find)
                    .map(match -> match.group(1))
                    .findFirst();
        } catch (IOException e) { // a report without it is one, too
            return Optional.empty();
        }
    }
}
