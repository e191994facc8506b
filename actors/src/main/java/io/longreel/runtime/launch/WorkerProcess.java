package io.longreel.runtime.launch;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.TlsSettings;
import io.longreel.runtime.lifeline.Hello;
import io.longreel.runtime.lifeline.LifelineServer;
import io.longreel.runtime.node.NodeActor;
import io.longreel.runtime.node.NodeEnd;
import io.longreel.runtime.node.NodeIdentity;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeCommand.Welcome;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.NodeGone;
import io.longreel.runtime.rank.RankWorkFactory;
import io.longreel.runtime.security.TlsIdentity;
import io.longreel.runtime.web.NodeHealth;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.Member;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker's main thread: joins the seed, hosts a node actor, and returns when the run is over. All it needs to know is
 * where the seed is.
 */
public final class WorkerProcess {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerProcess.class);
    private static final Duration FREE_TIMEOUT = Duration.ofSeconds(15);
    /** Between a run's last word to its nodes and its closed files. */
    private static final Duration END_TIMEOUT = Duration.ofSeconds(3);

    private WorkerProcess() {}

    /**
     * How a worker was started.
     *
     * @param nodeId empty: made from host name and process
     * @param host address that others reach; empty: the one from which the seed is reached
     * @param isForked by a launcher, which holds the other end of stdin and handles Ctrl-C
     * @param tls what it shows the others, as the seed's configuration has it
     * @param health told whether the node is part of the run
     */
    public record Options(
            HostPort seed,
            String nodeId,
            String host,
            Duration joinTimeout,
            boolean isForked,
            Optional<TlsSettings> tls,
            NodeHealth health) {}

    /**
     * Runs until the job is over; returns how it ended.
     *
     * @param opener of what the ranks share, given the actor system for its streams, and a clock in ns
     */
    public static NodeEnd run(
            Options options, BiFunction<ClassicActorSystemProvider, LongSupplier, RankWorkFactory.Opener> opener) {
        if (options.isForked()) {
            ParentPipe.hold(System.in, () -> Runtime.getRuntime().halt(1));
        }
        HostNames.system().await(options.seed().host(), options.joinTimeout());
        String host = options.host().isEmpty() ? addressTowards(options.seed()) : options.host();
        String nodeId = options.nodeId().isEmpty()
                ? "%s-%d".formatted(host, ProcessHandle.current().pid())
                : options.nodeId();
        String processId = processId(nodeId, ProcessHandle.current().pid());
        NodeIdentity identity =
                new NodeIdentity(processId, nodeId, host, options.seed().toString(), options.joinTimeout());
        NodeActor.Ending ending = NodeActor.Ending.create();
        ExecutorService slowWork = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("longreel-node-work").factory());
        Optional<TlsIdentity> tls =
                options.tls().map(files -> TlsIdentity.load(files, System.getenv(), InstantSource.system()));
        boolean mayHost = !options.isForked(); // a launcher is the user's terminal: the run ends with it
        try (LifelineServer lifelines = LifelineServer.bind(host, tls);
                ClusterProcess cluster =
                        ClusterProcess.bind(new Membership(roles(mayHost, lifelines), host, 0, mayHost, tls));
                HeldLifeline lifeline = new HeldLifeline(
                        new HeldLifeline.Holder(processId, cluster.memberAddress(), tls), cluster::down)) {
            cluster.join(options.seed());
            CompletableFuture<ActorRef<NodeCommand>> spawned = new CompletableFuture<>();
            SupervisorHost supervisorHost =
                    new SupervisorHost(processId, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()), why -> {
                        var unused = spawned.thenAccept(node -> node.tell(new NodeCommand.SeedLost(why)));
                    });
            ActorRef<SupervisorCommand> supervisor =
                    cluster.supervisor(mayHost ? supervisorHost.behavior() : Behaviors.empty());
            Consumer<Welcome> welcomed = welcome -> {
                options.health().ready(true);
                supervisorHost.welcomed(welcome);
                lifeline.welcomed(welcome.runToken());
                lifelines.admit(welcome.runToken(), worker -> workerEnded(worker, cluster, supervisorHost, supervisor));
            };
            NodeActor.Surroundings surroundings = new NodeActor.Surroundings(
                    opener.apply(cluster.system(), System::nanoTime),
                    slowWork,
                    System::nanoTime,
                    OwnDeath::now,
                    welcomed);
            ActorRef<NodeCommand> node =
                    cluster.spawn(NodeActor.create(identity, surroundings, supervisor, ending), "node");
            spawned.complete(node);
            cluster.spawn(HostWatch.create(member -> hostChanged(member, lifeline, node)), "host-watch");
            handleSignals(options, node);
            NodeEnd end = await(ending, cluster);
            options.health().ready(false);
            MemoryLog.peak();
            if (mayHost) {
                depart(end, supervisorHost, cluster);
            }
            return end;
        } catch (IOException e) {
            throw SeedAddress.notBindable(host, 0, e);
        } finally {
            slowWork.shutdown();
        }
    }

    private static Set<String> roles(boolean mayHost, LifelineServer lifelines) {
        return mayHost
                ? Set.of(PekkoSettings.WORKER_ROLE, PekkoSettings.HOST_ROLE, HeldLifeline.role(lifelines.port()))
                : Set.of(PekkoSettings.WORKER_ROLE);
    }

    private static void workerEnded(
            Hello worker, ClusterProcess cluster, SupervisorHost host, ActorRef<SupervisorCommand> supervisor) {
        cluster.down(AddressFromURIString.parse(worker.address()));
        if (host.isHosting()) {
            supervisor.tell(new NodeGone(worker.processId(), "its process ended", false));
        }
    }

    /** Who hosted the supervisor of a run that is over goes last; whoever leaves says so, and hands over what it hosts. */
    private static void depart(NodeEnd end, SupervisorHost host, ClusterProcess cluster) {
        if (host.isHosting()) {
            try {
                SeedProcess.depart(cluster, host.end().get(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS));
                return;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                LOG.warn("worker.files-not-closed", e);
            } catch (TimeoutException e) {
                LOG.info("worker.hands-over: the run goes on without this process");
            }
        }
        if (end.exitCode() == 0) {
            cluster.leave(); // the host of the supervisor waits for that; otherwise it knows, or is gone
        }
    }

    /** Name of a process in the cluster: also known to whoever forked it. */
    static String processId(String nodeId, long pid) {
        return nodeId + "/" + pid;
    }

    private static void hostChanged(Optional<Member> host, HeldLifeline lifeline, ActorRef<NodeCommand> node) {
        lifeline.follow(host);
        if (host.isEmpty()) {
            node.tell(new NodeCommand.SeedLost("it has left the cluster"));
        }
    }

    /** Asked to stop, a node asks the supervisor for leave. A second signal ends the process at once. */
    private static void handleSignals(Options options, ActorRef<NodeCommand> node) {
        StopSignals.handle(exitCode -> {
            boolean isForTheLauncher = options.isForked() && exitCode == StopSignals.INTERRUPTED;
            if (!isForTheLauncher) {
                node.tell(new NodeCommand.LeaveAsked(
                        exitCode == StopSignals.INTERRUPTED ? "stopped by Ctrl-C" : "stopped by SIGTERM"));
            }
        });
    }

    private static NodeEnd await(NodeActor.Ending ending, ClusterProcess cluster) {
        cluster.whenTerminated()
                .thenRun(
                        () -> ending.decided()
                                .complete(
                                        new NodeEnd(
                                                NodeEnd.UNUSABLE,
                                                "this process was removed from the cluster, as nobody heard from it for some seconds: start it again")));
        try {
            NodeEnd end = ending.decided().get();
            try {
                ending.freed().get(FREE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException e) {
                LOG.warn("worker.free-incomplete", e); // the system frees the rest with the process
            }
            return end;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new NodeEnd(1, "interrupted");
        } catch (ExecutionException e) {
            throw new IllegalStateException("the node's end is decided, never failed", e);
        }
    }

    /** The address of this machine from which packets to the seed leave. Nothing is sent. */
    private static String addressTowards(HostPort seed) {
        InetSocketAddress address = new InetSocketAddress(seed.host(), seed.port());
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(address);
            return socket.getLocalAddress().getHostAddress();
        } catch (SocketException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "no network leads to the seed %s (%s): name this machine's address with --host"
                            .formatted(seed, e.getMessage()),
                    e);
        }
    }
}
