package io.longreel.runtime.launch;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.TlsSettings;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.NodeGone;
import io.longreel.runtime.supervisor.JobPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker processes of a job on this machine, forked by the seed's process. Each holds a pipe from this process and
 * dies with it, however it dies. Owned by the main thread.
 */
final class WorkerPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);

    private final List<Process> workers = new ArrayList<>();

    private WorkerPool() {}

    /**
     * Forks one worker per node; they get the ids node-0, node-1, ...
     *
     * @param seed address of this process
     * @param tls what the workers show this process
     * @param supervisor told when one of them ends
     */
    static WorkerPool fork(
            JobPlan plan,
            String seed,
            Optional<TlsSettings> tls,
            RunDirectory directory,
            ActorRef<SupervisorCommand> supervisor) {
        WorkerPool pool = new WorkerPool();
        for (int node = 0; node < plan.nodes(); node++) {
            String nodeId = "node-" + node;
            Path output = directory.outputFile(nodeId);
            List<String> arguments = new ArrayList<>(List.of("--forked", "--seed", seed, "--node-id", nodeId));
            arguments.addAll(List.of("--log", directory.logFile(nodeId).toString()));
            tls.ifPresent(files -> arguments.addAll(tlsArguments(files)));
            ProcessBuilder builder = new ProcessBuilder(JvmCommand.worker(arguments))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
            // One core per rank, and OpenMP threads that wait must not spin; only the environment can say the second.
            builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
            builder.environment().put("OMP_NUM_THREADS", "1");
            pool.start(builder, nodeId, output, supervisor);
        }
        return pool;
    }

    /** Files only: the password comes from one of them, or with the environment. */
    private static List<String> tlsArguments(TlsSettings tls) {
        List<String> arguments = new ArrayList<>(List.of(
                "--tls-key-store", tls.keyStore().toString(),
                "--tls-trust-store", tls.trustStore().toString()));
        tls.passwordFile().ifPresent(file -> arguments.addAll(List.of("--tls-password-file", file.toString())));
        return arguments;
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

    /** Waits until all have ended by themselves, but not longer than this. */
    void awaitExit(Duration patience) {
        long deadlineNs = System.nanoTime() + patience.toNanos();
        try {
            for (Process worker : workers) {
                if (!worker.waitFor(Math.max(0, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Kills those that are left. */
    @Override
    public void close() {
        for (Process worker : workers) {
            if (worker.isAlive()) {
                LOG.info("worker.killed pid={}: it did not end by itself", worker.pid());
                worker.destroyForcibly();
            }
        }
    }
}
