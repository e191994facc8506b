package io.longreel.chaos.process;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run and its processes, in the hands of whoever disturbs it from outside. Closing ends everything that it started. Owned and used by one thread.
 */
public final class Job implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("worker --seed (\\S+)");
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    /**
     * What was done to the run from outside.
     *
     * @param what such as {@code SIGKILL to the seed}
     * @param atMs wall-clock time just before
     */
    public record Intervention(String what, long atMs) {}

    private final ObservedRun run;
    private final Path folder;
    private final InstantSource wallClock;
    private final List<String> seedPrefix;
    private final Map<String, ChildJvm> workers = new TreeMap<>();
    private final List<ChildJvm> former = new ArrayList<>();
    private final List<Intervention> interventions = new ArrayList<>();
    private ChildJvm seed;

    private Job(
            Path folder,
            String name,
            InstantSource wallClock,
            List<String> prefix,
            String command,
            List<String> arguments) {
        this.run = new ObservedRun(folder.resolve(name));
        this.folder = folder;
        this.wallClock = wallClock;
        this.seedPrefix = List.copyOf(prefix);
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(arguments);
        all.addAll(List.of("--out", run.root().toString()));
        this.seed = ChildJvm.start(folder, prefix, all);
    }

    /**
     * {@code train}: one process, which forks its workers.
     *
     * @param folder in which the run directory lies, and in which the processes run
     * @param prefix command that hands over to the program; empty for none
     */
    public static Job train(
            Path folder, String name, InstantSource wallClock, List<String> prefix, List<String> arguments) {
        return new Job(folder, name, wallClock, prefix, "train", arguments);
    }

    /** {@code seed} alone; {@link #startWorker} comes next. Parameters as of {@link #train}. */
    public static Job byHand(
            Path folder, String name, InstantSource wallClock, List<String> prefix, List<String> arguments) {
        return new Job(folder, name, wallClock, prefix, "seed", arguments);
    }

    /** Starts a worker that joins the seed; one of the same name before it is not looked after any more. */
    public ChildJvm startWorker(String nodeId) {
        return startWorker(nodeId, seedPrefix, List.of());
    }

    /** As {@link #startWorker(String)}, handed to the program by another command, and with more arguments. */
    public ChildJvm startWorker(String nodeId, List<String> prefix, List<String> arguments) {
        List<String> all = new ArrayList<>(List.of("worker", "--seed", seedAddress(), "--node-id", nodeId));
        all.addAll(List.of("--join-timeout", "120"));
        String log = "%s-%d.log".formatted(nodeId, former.size() + workers.size());
        all.addAll(List.of("--log", run.root().resolve("logs").resolve(log).toString()));
        all.addAll(arguments);
        ChildJvm worker = ChildJvm.start(folder, prefix, all);
        Optional.ofNullable(workers.put(nodeId, worker)).ifPresent(former::add);
        return worker;
    }

    private String seedAddress() {
        BoundedWait.until(
                "the seed's address",
                START_LIMIT,
                () -> ADDRESS.matcher(seed.out()).find() || !seed.isAlive(),
                this::story);
        Matcher address = ADDRESS.matcher(seed.out());
        if (!address.find()) {
            throw new RuntimeFailure(RuntimeFailure.Category.FATAL, "the seed ended before it listened\n" + story());
        }
        return address.group(1);
    }

    public ObservedRun run() {
        return run;
    }

    public ChildJvm seed() {
        return seed;
    }

    /** The worker with this node id, whoever started it; the newest when one took another's place. */
    public ProcessHandle worker(String nodeId) {
        ChildJvm byHand = workers.get(nodeId);
        if (byHand != null) {
            return ProcessHandle.of(byHand.pid()).orElseThrow(() -> gone(nodeId));
        }
        return seed.descendants().stream()
                .filter(process -> isNode(process, nodeId))
                .max(Comparator.comparing(
                        process -> process.info().startInstant().orElse(Instant.EPOCH)))
                .orElseThrow(() -> gone(nodeId));
    }

    private static boolean isNode(ProcessHandle process, String nodeId) {
        List<String> arguments = List.of(process.info().arguments().orElse(new String[0]));
        int at = arguments.indexOf("--node-id");
        return at >= 0 && arguments.get(at + 1).equals(nodeId);
    }

    private RuntimeFailure gone(String nodeId) {
        return new RuntimeFailure(
                RuntimeFailure.Category.FATAL, "no process of %s is left%n%s".formatted(nodeId, story()));
    }

    /** Sends a signal, such as {@code KILL}, {@code STOP} or {@code TERM}, and keeps when it did. */
    public void signal(ProcessHandle process, String signal, String what) {
        note("SIG%s to %s".formatted(signal, what));
        shell("kill", "-" + signal, Long.toString(process.pid()));
    }

    /** Runs a command that must succeed. */
    public void shell(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (process.onExit().join().exitValue() != 0) {
                throw new RuntimeFailure(
                        RuntimeFailure.Category.FATAL,
                        "%s failed with exit code %d".formatted(String.join(" ", command), process.exitValue()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + String.join(" ", command), e);
        }
    }

    /** Keeps that something is done to the run now. */
    public void note(String what) {
        interventions.add(new Intervention(what, wallClock.millis()));
    }

    public List<Intervention> interventions() {
        return List.copyOf(interventions);
    }

    /** Waits until so many steps are committed, or the run is over. */
    public void awaitSteps(int steps, Duration limit) {
        await("step " + steps, limit, () -> run.committedSteps() >= steps);
    }

    /** Waits until a condition holds, or the seed has ended. */
    public void await(String what, Duration limit, BooleanSupplier condition) {
        BoundedWait.until(what, limit, () -> condition.getAsBoolean() || !seed.isAlive(), this::story);
    }

    /** Waits for the end of the process that was told to end, or killed. */
    public void outcomeOfSeed(Duration limit) {
        seed.outcome(limit);
        List<String> left = outliving(limit);
        if (!left.isEmpty()) {
            throw new RuntimeFailure(RuntimeFailure.Category.FATAL, "workers outlived their seed: " + left);
        }
    }

    /** {@code resume}: another process takes the run up, and forks its workers. */
    public void resume() {
        List<String> arguments = List.of("resume", run.root().toString());
        ChildJvm taken = ChildJvm.start(folder, seedPrefix, arguments);
        seed.close();
        seed = taken;
    }

    /** Exit codes of workers that were started by hand and have ended, by node. */
    public Map<String, Integer> exitCodes() {
        Map<String, Integer> codes = new TreeMap<>();
        workers.forEach((nodeId, worker) -> {
            if (!worker.isAlive()) {
                codes.put(nodeId, worker.outcome(Duration.ZERO).exitCode());
            }
        });
        return codes;
    }

    /** Waits for the end of the run. */
    public ChildJvm.Outcome outcome(Duration limit) {
        return seed.outcome(limit);
    }

    /** Workers that still run although they had some time to end after their run. */
    public List<String> outliving(Duration grace) {
        BoundedWait.within(grace, () -> livingWorkers().isEmpty());
        return livingWorkers();
    }

    /** Workers started by hand that still run. */
    private List<String> livingWorkers() {
        return workers.entrySet().stream()
                .filter(worker -> worker.getValue().isAlive())
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Output of all processes and the ends of all logs. */
    public String story() {
        StringBuilder story = new StringBuilder(seed.story());
        former.forEach(worker -> story.append(worker.story()));
        workers.values().forEach(worker -> story.append(worker.story()));
        return story.append(run.story()).toString();
    }

    @Override
    public void close() {
        seed.close();
        former.forEach(ChildJvm::close);
        workers.values().forEach(ChildJvm::close);
    }
}
