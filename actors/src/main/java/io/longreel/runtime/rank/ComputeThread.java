package io.longreel.runtime.rank;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.StepId;
import io.longreel.transport.CommunicationAborted;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread on which a rank computes. The rank's actor hands commands in and gets reports back; both sides only pass
 * messages. The first exception ends the thread, after a report that says what happened. The work is closed by this
 * thread, whatever ends it.
 */
final class ComputeThread {
    private static final Logger LOG = LoggerFactory.getLogger(ComputeThread.class);

    private final int rank;
    private final RankJob work;
    private final LongSupplier clockNs;
    private final RankVitals vitals;
    private final Consumer<RankReport> reports;
    private final Runnable ended;

    /** An empty slot asks the thread to look whether it should end. */
    private final BlockingQueue<Optional<RankCommand.FromSupervisor>> queue = new LinkedBlockingQueue<>();

    private volatile boolean isStopping;
    private volatile boolean isBusy = true;

    private ComputeThread(
            int rank,
            RankJob work,
            LongSupplier clockNs,
            RankVitals vitals,
            Consumer<RankReport> reports,
            Runnable ended) {
        this.rank = rank;
        this.work = work;
        this.clockNs = clockNs;
        this.vitals = vitals;
        this.reports = reports;
        this.ended = ended;
    }

    /**
     * Starts the thread, which connects the rank first.
     *
     * @param at what the report about the connection is about
     * @param reports called on the compute thread
     * @param ended called on the compute thread, last
     */
    static ComputeThread start(
            StepId at,
            int rank,
            RankJob work,
            LongSupplier clockNs,
            RankVitals vitals,
            Consumer<RankReport> reports,
            Runnable ended) {
        ComputeThread compute = new ComputeThread(rank, work, clockNs, vitals, reports, ended);
        vitals.watch(work);
        Thread.ofPlatform().daemon().name("longreel-rank-" + rank).start(() -> compute.loop(at));
        return compute;
    }

    /** Queues a command. Any thread. */
    void submit(RankCommand.FromSupervisor command) {
        queue.add(Optional.of(command));
    }

    /**
     * Ends the thread: at once when it waits for a command or inside a collective, after the current computation
     * otherwise. Any thread.
     */
    void stop(String reason) {
        isStopping = true;
        queue.add(Optional.empty());
        if (isBusy) {
            work.abort(reason);
        }
    }

    private void loop(StepId start) {
        StepId at = start;
        try (work) {
            RankJob.Program program = work.begin(at, rank, clockNs);
            reports.accept(new RankReport.RankConnected(at, rank));
            while (true) {
                isBusy = false;
                vitals.idle();
                Optional<RankCommand.FromSupervisor> next = queue.take();
                vitals.busy();
                isBusy = true; // before the look at isStopping: a stop from now on aborts the work
                if (isStopping) {
                    break;
                }
                if (next.isPresent()) {
                    at = next.get().at();
                    reports.accept(program.run(next.get()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable e) { // an Error, too, must reach the supervisor: without this rank no other can go on
            isBusy = false; // closed: nothing is left to abort, and the process's other ranks speak for themselves
            if (isStopping) {
                LOG.info("rank.stopped rank={} at=\"{}\" cause=\"{}\"", rank, at, e.toString());
            } else {
                reports.accept(failureOf(at, rank, e));
            }
        } finally {
            queue.drainTo(new ArrayList<>());
            ended.run();
        }
    }

    /** What the supervisor is told about an exception; its stack stays in this process's log. */
    static RankReport.RankFailed failureOf(StepId at, int rank, Throwable e) {
        LOG.warn("rank.failed rank={} at=\"{}\"", rank, at, e);
        return new RankReport.RankFailed(at, rank, categoryOf(e), textOf(e));
    }

    private static RuntimeFailure.Category categoryOf(Throwable e) {
        return switch (e) {
            case RuntimeFailure failure -> failure.category();
            case CommunicationAborted aborted -> RuntimeFailure.Category.RETRYABLE;
            default -> RuntimeFailure.Category.FATAL; // a bug, or memory is out
        };
    }

    private static String textOf(Throwable e) {
        String message = e.getMessage();
        boolean speaksForItself = e instanceof RuntimeFailure || e instanceof CommunicationAborted;
        return speaksForItself && message != null ? message : e.toString();
    }
}
