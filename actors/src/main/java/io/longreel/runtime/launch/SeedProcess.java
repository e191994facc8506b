package io.longreel.runtime.launch;

import io.longreel.config.ClusterSettings;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.lifeline.Hello;
import io.longreel.runtime.lifeline.LifelineServer;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.NodeGone;
import io.longreel.runtime.protocol.SupervisorCommand.StopRun;
import io.longreel.runtime.security.TlsIdentity;
import io.longreel.runtime.supervisor.EngineNews;
import io.longreel.runtime.supervisor.JobPlan;
import io.longreel.runtime.supervisor.RunEnd;
import io.longreel.runtime.supervisor.RunRecorder;
import io.longreel.runtime.supervisor.SupervisorActor;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.typed.ActorRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The seed's main thread: hosts the supervisor, forks workers when the job is to run on this machine alone, and returns
 * when the run is over.
 */
final class SeedProcess {
    private static final Logger LOG = LoggerFactory.getLogger(SeedProcess.class);
    /** How long workers may take to end by themselves. */
    private static final Duration GRACE = Duration.ofSeconds(20);

    private static final Duration FAILED_GRACE = Duration.ofSeconds(3);

    private SeedProcess() {}

    /**
     * What a seed runs.
     *
     * @param forksWorkers workers are started here; otherwise they are started by hand, perhaps elsewhere
     * @param listening told the address that workers join
     * @param supervised told whom to ask for something while the job goes on
     * @param engine whoever asks the ranks of a job that serves
     */
    record Job(
            JobPlan plan,
            ClusterSettings cluster,
            RunDirectory directory,
            RunRecorder recorder,
            boolean forksWorkers,
            Consumer<String> listening,
            Consumer<ActorRef<SupervisorCommand>> supervised,
            Optional<Engine> engine) {
        /** A job that nobody asks for anything. */
        Job(
                JobPlan plan,
                ClusterSettings cluster,
                RunDirectory directory,
                RunRecorder recorder,
                boolean forksWorkers,
                Consumer<String> listening) {
            this(plan, cluster, directory, recorder, forksWorkers, listening, supervisor -> {}, Optional.empty());
        }
    }

    /**
     * Who asks, in this process: its part of a job cannot move to another one.
     *
     * @param news hears of the ranks
     * @param supervisor told whom to ask
     */
    record Engine(Consumer<EngineNews> news, Consumer<ActorRef<SupervisorCommand>> supervisor) {}

    /** Runs until the job is over; a stop by a signal has the signal's exit code. */
    static RunEnd run(Job job) {
        CompletableFuture<RunEnd> end = new CompletableFuture<>();
        AtomicInteger signal = new AtomicInteger();
        String host = job.cluster().seedHost();
        Optional<TlsIdentity> tls = tls(job);
        try (LifelineServer lifelines = LifelineServer.bind(host, tls);
                ClusterProcess cluster = ClusterProcess.bind(new Membership(
                        Set.of(PekkoSettings.SEED_ROLE, PekkoSettings.HOST_ROLE, HeldLifeline.role(lifelines.port())),
                        host,
                        job.cluster().seedPort(),
                        !job.forksWorkers(),
                        tls))) {
            cluster.joinSelf();
            ActorRef<SupervisorCommand> supervisor = cluster.supervisor(SupervisorActor.create(
                    job.plan(),
                    job.recorder(),
                    news -> job.engine().ifPresent(engine -> engine.news().accept(news)),
                    () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
                    end));
            lifelines.admit(job.plan().runToken(), hello -> workerEnded(job, cluster, supervisor, hello));
            if (job.engine().isEmpty()) { // who asks has more to end than the ranks
                StopSignals.handle(exitCode -> {
                    signal.set(exitCode);
                    supervisor.tell(new StopRun(exitCode == StopSignals.INTERRUPTED ? "Ctrl-C" : "SIGTERM"));
                });
            }
            String address = cluster.address();
            LOG.info("seed.listening address={}", address);
            job.listening().accept(address);
            job.supervised().accept(supervisor);
            job.engine().ifPresent(engine -> engine.supervisor().accept(supervisor));
            cluster.whenTerminated()
                    .thenRun(() -> end.complete(new RunEnd(1, "the seed was removed from its own cluster")));
            RunEnd ended = job.forksWorkers() ? awaitWithWorkers(job, address, supervisor, end) : await(end);
            if (!job.forksWorkers()) {
                depart(cluster, ended);
            }
            boolean wasStopped = ended.exitCode() == 0 && signal.get() != 0;
            return wasStopped ? new RunEnd(signal.get(), ended.message()) : ended;
        } catch (IOException e) {
            throw SeedAddress.notBindable(host, 0, e);
        }
    }

    /** Who forked it knows more about its end. */
    private static void workerEnded(
            Job job, ClusterProcess cluster, ActorRef<SupervisorCommand> supervisor, Hello worker) {
        cluster.down(AddressFromURIString.parse(worker.address()));
        if (!job.forksWorkers()) {
            supervisor.tell(new NodeGone(worker.processId(), "its process ended", false));
        }
    }

    private static Optional<TlsIdentity> tls(Job job) {
        return job.cluster().tls().map(tls -> TlsIdentity.load(tls, System.getenv(), InstantSource.system()));
    }

    private static RunEnd await(CompletableFuture<RunEnd> end) {
        try {
            return end.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new RunEnd(1, "interrupted");
        } catch (ExecutionException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.FATAL, "the run's files could not be closed: " + e.getCause(), e);
        }
    }

    private static RunEnd awaitWithWorkers(
            Job job, String address, ActorRef<SupervisorCommand> supervisor, CompletableFuture<RunEnd> end) {
        WorkerPool.Start start =
                new WorkerPool.Start(job.plan().nodes(), address, job.cluster().tls(), job.directory());
        WorkerPool.Listener listener =
                (processId, reason, isFinal) -> supervisor.tell(new NodeGone(processId, reason, isFinal));
        int count = job.plan().nodes() + job.plan().recovery().spares();
        try (WorkerPool workers = WorkerPool.fork(count, start, listener, System::nanoTime)) {
            RunEnd ended = await(end);
            workers.awaitExit(ended.exitCode() == 0 ? GRACE : FAILED_GRACE);
            return ended;
        }
    }

    /** When all went well the workers leave first; in any case they are told. */
    static void depart(ClusterProcess cluster, RunEnd ended) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        cluster.spawn(WorkersGone.create(gone), "workers-gone");
        Duration patience = ended.exitCode() == 0 ? GRACE : FAILED_GRACE;
        try {
            gone.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.info("seed.workers-remain: some worker has not left the cluster in time");
        }
        cluster.leave();
    }
}
