package io.longreel.transport;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.TransportSettings;
import io.longreel.config.TransportSettings.IntraNode;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.link.AeronTimeouts;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A process of a job, for tests that need several. It talks with its parent by lines. Arguments: base directory, driver directory to attach to or "-",
 * milliseconds after which Aeron gives up a silent client. Says {@code at ENDPOINT DRIVER}, and then takes
 *
 * <pre>
 *   open GENERATION PROCESS SITE...  the ranks of this process           opened
 *   work                             some of every collective            done HASH/BYTES...
 *   wait                             for peers that never come           waiting (per rank), then aborted WHY
 *   abort GENERATION                 ends such a wait
 *   outlive                          until Aeron has given it up         refused WHY
 *   leave
 * </pre>
 */
final class RankProcess implements AutoCloseable {
    private static final Mesh MESH = new Mesh(1, 2, 2);
    private static final List<Integer> WORLD = List.of(0, 1, 2, 3);

    /** What the parent is told starts with this; other lines are the log's. */
    static final String MARK = "rank-process: ";

    private final TransportNode node;
    private final ExecutorService work =
            Executors.newSingleThreadExecutor(Thread.ofPlatform().name("work").factory());
    private List<RankEndpoint> endpoints = List.of();

    private RankProcess(TransportNode node) {
        this.node = node;
    }

    public static void main(String[] args) throws Exception {
        BufferedReader parent = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (TransportNode node = node(Path.of(args[0]), args[1], Long.parseLong(args[2]));
                RankProcess process = new RankProcess(node)) {
            say("at " + node.dataEndpoint() + " " + node.driverDirectory());
            for (String line = parent.readLine(); !line.equals("leave"); line = parent.readLine()) {
                process.obey(line.split(" "));
            }
        }
    }

    /** Aborts are not queued behind what they end. */
    private void obey(String[] command) {
        if (command[0].equals("abort")) {
            node.abort(Integer.parseInt(command[1]), "the parent asked for it");
            return;
        }
        work.execute(() -> {
            switch (command[0]) {
                case "open" -> reopen(placement(command), command[2]);
                case "work" -> say("done " + String.join(" ", RankThreads.run(endpoints, RankProcess::work)));
                case "wait" -> aborted(() -> RankThreads.run(endpoints, RankProcess::waitForPeers));
                case "outlive" -> outlive();
                default -> throw new IllegalStateException("unknown command: " + command[0]);
            }
        });
    }

    private void reopen(Placement placement, String process) {
        endpoints.forEach(RankEndpoint::close);
        endpoints = placement.ranks().stream()
                .filter(site -> site.processId().equals(process))
                .map(site -> node.openUnconnected(placement, site.rank()))
                .toList();
        RankThreads.run(endpoints, endpoint -> {
            ((LinkedEndpoint) endpoint).connect();
            return true;
        });
        say("opened");
    }

    private static void aborted(Runnable waiting) {
        try {
            waiting.run();
            say("nothing aborted");
        } catch (CommunicationAborted e) {
            say("aborted " + e.getMessage());
        }
    }

    private void outlive() {
        while (node.isUsable()) {
            Thread.onSpinWait();
        }
        Placement single = new Placement(9, Mesh.single(), List.of(new RankSite(0, "A", "A0", "", "")));
        try {
            node.open(single, 0);
            say("opened");
        } catch (RuntimeFailure e) {
            say("refused " + e.category() + " " + e.getMessage());
        }
    }

    @Override
    public void close() {
        work.close();
    }

    /** One line in one piece, whatever other threads print. */
    private static void say(String words) {
        System.out.println(MARK + words);
    }

    private static boolean waitForPeers(RankEndpoint endpoint) {
        Communicator all = endpoint.communicator(WORLD);
        say("waiting");
        all.barrier();
        return true;
    }

    /** A bit of everything; equal results on all ranks prove that all bytes arrived. */
    private static String work(RankEndpoint endpoint) {
        int rank = endpoint.rank();
        Communicator all = endpoint.communicator(WORLD);
        Communicator ring = endpoint.communicator(MESH.ringGroup(rank));
        long[] offsets = {0, 250_000, 500_000, 750_000, 1_000_000};
        MemorySegment gradient = Bytes.empty(4_000_000);
        SplittableRandom random = new SplittableRandom(rank);
        for (long i = 0; i < 1_000_000; i++) {
            gradient.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
        }
        MemorySegment sums = Bytes.empty(4_000_000);
        List<MemorySegment> pieces = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            pieces.add(sums.asSlice(1_000_000L * i, 1_000_000));
        }
        long hash = 0;
        long sentBefore = endpoint.counters().interNodeBytes();
        for (int step = 0; step < 5; step++) {
            MemorySegment received = Bytes.empty(4_000_000);
            Transfer rotation = ring.startSendReceive(gradient, 1 - ring.index(), received, 1 - ring.index());
            all.reduceScatterSum(gradient, offsets, pieces.get(rank));
            all.allGatherV(pieces.get(rank), pieces);
            rotation.await();
            MemorySegment.copy(sums, 0, gradient, 0, 4_000_000);
            hash = hash * 31 + hash(sums);
        }
        return Long.toHexString(hash) + "/" + (endpoint.counters().interNodeBytes() - sentBefore);
    }

    private static long hash(MemorySegment segment) {
        long hash = 1;
        for (long at = 0; at < segment.byteSize(); at += Integer.BYTES) {
            hash = hash * 31 + segment.get(ValueLayout.JAVA_INT, at);
        }
        return hash;
    }

    private static TransportNode node(Path base, String driver, long clientMs) {
        TransportSettings settings =
                new TransportSettings(IntraNode.WINDOWS, 1024 * 1024, 65_504, 1024 * 1024, Duration.ofSeconds(60));
        long clientNs = Duration.ofMillis(clientMs).toNanos();
        AeronTimeouts timeouts =
                new AeronTimeouts(clientNs * 5 / 4, clientNs, clientNs * 3 / 2, AeronTimeouts.DEFAULT.lingerNs());
        return driver.equals("-")
                ? TransportNode.open(settings, timeouts, "127.0.0.1", base, LinkFault.NONE, System::nanoTime)
                : TransportNode.attach(
                        settings, timeouts, "127.0.0.1", Path.of(driver), LinkFault.NONE, System::nanoTime);
    }

    /** Sites as {@code node,process,endpoint,driverDirectory}, in rank order. */
    private static Placement placement(String[] command) {
        List<RankSite> ranks = new ArrayList<>();
        for (String site : List.of(command).subList(3, command.length)) {
            String[] parts = site.split(",", -1);
            ranks.add(new RankSite(ranks.size(), parts[0], parts[1], parts[2], parts[3]));
        }
        return new Placement(Integer.parseInt(command[1]), MESH, ranks);
    }
}
