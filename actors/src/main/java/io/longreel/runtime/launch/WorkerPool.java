package io.longreel.runtime.launch;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.TlsSettings;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker processes of a job on this machine, forked by the seed's process, one per node. Each holds a pipe from this process and
 * dies with it, however it dies. One that dies while the run lives is replaced under the same node id. Owned by the main thread; deaths
 * come from threads of the JDK.
 */
final class WorkerPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);
    /** Exit code of a worker that was given something wrong: another one would fare no better. */
    private static final int MISUSED = 2;

    /** What a pool tells about its workers, from any thread. */
    interface Listener {
        /**
         * @param isFinal no other process will take its place
         */
        void ended(String processId, String reason, boolean isFinal);
    }

    /**
     * How workers are started.
     *
     * @param needed nodes that the mesh takes; the others are spares
     * @param seed address of this process
     * @param tls what the workers show this process
     */
    record Start(int needed, String seed, Optional<TlsSettings> tls, RunDirectory directory) {}

    /** A node, and the process that is it now. */
    private static final class Slot {
        private final String nodeId;
        private final ForkPace pace = new ForkPace();
        private Process process;

        Slot(String nodeId, Process process) {
            this.nodeId = nodeId;
            this.process = process;
        }
    }

    private final Start start;
    private final Listener listener;
    private final LongSupplier clockNs;
    private final Map<String, Slot> slots = new HashMap<>();
    private final ScheduledExecutorService forks = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("longreel-worker-pool").factory());
    private boolean isOver;

    private WorkerPool(Start start, Listener listener, LongSupplier clockNs) {
        this.start = start;
        this.listener = listener;
        this.clockNs = clockNs;
    }

    /** Forks workers that get the node ids node-0, node-1, ... */
    static WorkerPool fork(int count, Start start, Listener listener, LongSupplier clockNs) {
        WorkerPool pool = new WorkerPool(start, listener, clockNs);
        try {
            for (int node = 0; node < count; node++) {
                pool.fork("node-" + node, false);
            }
            return pool;
        } catch (IOException e) {
            pool.close();
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "a worker process could not be started: " + e.getMessage(), e);
        }
    }

    private synchronized void fork(String nodeId, boolean inSpareTime) throws IOException {
        if (isOver) {
            return;
        }
        Process process = builder(nodeId, inSpareTime).start();
        Slot slot = slots.computeIfAbsent(nodeId, id -> new Slot(id, process));
        slot.process = process;
        slot.pace.born(nowMs());
        LOG.info("worker.forked nodeId={} pid={} inSpareTime={}", nodeId, process.pid(), inSpareTime);
        process.onExit()
                .exceptionally(failure -> process)
                .thenAccept(ended -> gone(slot, ended))
                .exceptionally(failure -> {
                    LOG.warn("worker.end-unreported nodeId={}", nodeId, failure);
                    return null;
                });
    }

    private ProcessBuilder builder(String nodeId, boolean inSpareTime) {
        RunDirectory directory = start.directory();
        List<String> arguments =
                new ArrayList<>(List.of("--forked", "--seed", start.seed(), "--node-id", nodeId, "--log"));
        arguments.add(directory.logFile(nodeId).toString());
        if (inSpareTime) {
            arguments.add("--in-spare-time");
        }
        start.tls().ifPresent(files -> arguments.addAll(tlsArguments(files)));
        ProcessBuilder builder = new ProcessBuilder(JvmCommand.worker(arguments))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.outputFile(nodeId).toFile()));
        // One core per rank, and OpenMP threads that wait must not spin; only the environment can say the second.
        builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
        builder.environment().put("OMP_NUM_THREADS", "1");
        return builder;
    }

    /** Files only: the password comes from one of them, or with the environment. */
    private static List<String> tlsArguments(TlsSettings tls) {
        List<String> arguments = new ArrayList<>(List.of(
                "--tls-key-store", tls.keyStore().toString(),
                "--tls-trust-store", tls.trustStore().toString()));
        tls.passwordFile().ifPresent(file -> arguments.addAll(List.of("--tls-password-file", file.toString())));
        return arguments;
    }

    private void gone(Slot slot, Process ended) {
        int exitCode = ended.exitValue();
        LOG.info("worker.ended nodeId={} pid={} exitCode={}", slot.nodeId, ended.pid(), exitCode);
        OptionalLong delayMs = replaces(exitCode) ? delayMs(slot) : OptionalLong.empty();
        listener.ended(
                WorkerProcess.processId(slot.nodeId, ended.pid()), reason(slot.nodeId, exitCode), delayMs.isEmpty());
        delayMs.ifPresent(delay -> replace(slot.nodeId, delay));
    }

    /** Who left because it was asked to, and who was told that it cannot take part, is not missed. */
    private synchronized boolean replaces(int exitCode) {
        return !isOver && exitCode != 0 && exitCode != MISUSED;
    }

    /** As many as the mesh needs are left, and no other that stands by when the next one dies. */
    private synchronized boolean isUrgent() {
        long alive =
                slots.values().stream().filter(other -> other.process.isAlive()).count();
        return alive <= start.needed();
    }

    private synchronized OptionalLong delayMs(Slot slot) {
        OptionalLong delayMs = slot.pace.died(nowMs(), isUrgent());
        if (delayMs.isEmpty()) {
            LOG.warn(
                    "worker.given-up nodeId={}: its process died {} times within {} s of its start",
                    slot.nodeId,
                    ForkPace.YOUNG_DEATHS_MAX,
                    ForkPace.YOUNG_MS / 1000);
        }
        return delayMs;
    }

    private synchronized void replace(String nodeId, long delayMs) {
        if (isOver) {
            return;
        }
        var unused = forks.schedule(
                () -> {
                    try {
                        fork(nodeId, !isUrgent());
                    } catch (IOException e) {
                        LOG.warn("worker.not-replaced nodeId={}", nodeId, e);
                    }
                },
                delayMs,
                TimeUnit.MILLISECONDS);
    }

    private String reason(String nodeId, int exitCode) {
        Path output = start.directory().outputFile(nodeId);
        String said =
                exitCode == MISUSED ? lastLine(output).map(line -> ": " + line).orElse("") : "";
        return "its process ended with exit code %d%s, see %s".formatted(exitCode, said, output);
    }

    /** What a worker printed last is why it ended. */
    private static Optional<String> lastLine(Path output) {
        try {
            return Files.readAllLines(output).stream()
                    .filter(line -> !line.isBlank())
                    .reduce((earlier, later) -> later);
        } catch (MalformedInputException e) {
            return Optional.empty();
        } catch (IOException e) {
            LOG.info("worker.output-unreadable file={} cause=\"{}\"", output, e.toString());
            return Optional.empty();
        }
    }

    private long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(clockNs.getAsLong());
    }

    /** The run is over: waits until all have ended by themselves, but not longer than this. */
    void awaitExit(Duration patience) {
        long deadlineNs = clockNs.getAsLong() + patience.toNanos();
        try {
            for (Process worker : over()) {
                if (!worker.waitFor(Math.max(0, deadlineNs - clockNs.getAsLong()), TimeUnit.NANOSECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nobody is forked from now on. */
    private synchronized List<Process> over() {
        isOver = true;
        forks.shutdownNow();
        return slots.values().stream().map(slot -> slot.process).toList();
    }

    /** Kills those that are left. */
    @Override
    public void close() {
        for (Process worker : over()) {
            if (worker.isAlive()) {
                LOG.info("worker.killed pid={}: it did not end by itself", worker.pid());
                worker.destroyForcibly();
            }
        }
    }
}
