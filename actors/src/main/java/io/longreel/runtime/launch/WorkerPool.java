package io.longreel.runtime.launch;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.NodeGone;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker processes of a job on this machine, forked by the seed's process. Each holds a pipe from this process and dies with it, however it dies. Owned by
 * the main thread.
 */
final class WorkerPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);
    private static final Duration EXIT_TIMEOUT = Duration.ofSeconds(20);

    private final List<Process> workers = new ArrayList<>();

    private WorkerPool() {}

    /** No workers: they are started by hand. */
    static WorkerPool none() {
        return new WorkerPool();
    }

    /**
     * Forks one worker per node.
     *
     * @param nodes they get the ids node-0, node-1, ...
     * @param supervisor told when one of them ends
     */
    static WorkerPool fork(
            int nodes, int ranksPerNode, String seed, RunDirectory directory, ActorRef<SupervisorCommand> supervisor) {
        WorkerPool pool = new WorkerPool();
        int threads = JvmCommand.threadsPerRank(
                nodes * ranksPerNode, Runtime.getRuntime().availableProcessors());
        for (int node = 0; node < nodes; node++) {
            String nodeId = "node-" + node;
            Path output = directory.outputFile(nodeId);
            ProcessBuilder builder = new ProcessBuilder(JvmCommand.worker(List.of(
                            "--seed",
                            seed,
                            "--node-id",
                            nodeId,
                            "--log",
                            directory.logFile(nodeId).toString(),
                            "--forked")))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
            // OpenMP threads that spin or outnumber the cores starve the other ranks; only the environment can say so.
            builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
            builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
            pool.start(builder, nodeId, output, supervisor);
        }
        return pool;
    }

    private void start(ProcessBuilder builder, String nodeId, Path output, ActorRef<SupervisorCommand> supervisor) {
        try {
            Process process = builder.start();
            workers.add(process);
            LOG.info("worker.forked nodeId={} pid={}", nodeId, process.pid());
            process.onExit()
                    .exceptionally(failure -> process)
                    .thenAccept(ended -> gone(ended, nodeId, output, supervisor))
                    .exceptionally(failure -> {
                        LOG.warn("worker.end-unreported nodeId={}", nodeId, failure);
                        return null;
                    });
        } catch (IOException e) {
            close();
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "a worker process could not be started: " + e.getMessage(), e);
        }
    }

    private static void gone(Process ended, String nodeId, Path output, ActorRef<SupervisorCommand> supervisor) {
        LOG.info("worker.ended nodeId={} pid={} exitCode={}", nodeId, ended.pid(), ended.exitValue());
        supervisor.tell(new NodeGone(
                WorkerProcess.processId(nodeId, ended.pid()),
                "its process ended with exit code %d, see %s".formatted(ended.exitValue(), output),
                true));
    }

    /** Waits until all have ended by themselves; those that take too long are killed. */
    @Override
    public void close() {
        long deadlineNs = System.nanoTime() + EXIT_TIMEOUT.toNanos();
        for (Process worker : workers) {
            try {
                if (!worker.waitFor(Math.max(0, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                    LOG.warn(
                            "worker.killed pid={}: it did not end within {} s", worker.pid(), EXIT_TIMEOUT.toSeconds());
                    worker.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                worker.destroyForcibly();
            }
        }
    }
}
