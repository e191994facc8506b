package io.longreel.transport;

import io.longreel.config.TransportSettings;
import io.longreel.config.TransportSettings.IntraNode;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.transport.fault.LinkFault;
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

/**
 * A process of a job, for tests that need several. It talks with its parent by lines: says where it can be reached, is told the sites of all
 * ranks, runs the ranks of its process, and says what came out. Arguments: base directory, driver directory to attach to or "-".
 */
final class RankProcess {
    private static final Mesh MESH = new Mesh(1, 2, 2);
    private static final List<Integer> WORLD = List.of(0, 1, 2, 3);

    /** What the parent is told starts with this; other lines are the log's. */
    static final String MARK = "rank-process: ";

    private RankProcess() {}

    public static void main(String[] args) throws Exception {
        BufferedReader parent = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (TransportNode node = node(Path.of(args[0]), args[1])) {
            say("at " + node.dataEndpoint() + " " + node.driverDirectory());
            Placement placement = placement(parent.readLine().split(" "));
            String process = parent.readLine();
            List<RankEndpoint> endpoints = placement.ranks().stream()
                    .filter(site -> site.processId().equals(process))
                    .map(site -> node.openUnconnected(placement, site.rank()))
                    .toList();
            List<String> results = RankThreads.run(endpoints, endpoint -> {
                ((LinkedEndpoint) endpoint).connect();
                return work(endpoint);
            });
            say("done " + String.join(" ", results));
            switch (parent.readLine()) {
                case "leave" -> {}
                case "wait" -> {
                    try {
                        RankThreads.run(endpoints, RankProcess::waitForPeers);
                        say("nothing aborted");
                    } catch (CommunicationAborted e) {
                        say("aborted " + e.getMessage());
                    }
                }
                default -> throw new IllegalStateException("parent must say leave or wait");
            }
        }
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
        for (int step = 0; step < 5; step++) {
            MemorySegment received = Bytes.empty(4_000_000);
            Transfer rotation = ring.startSendReceive(gradient, 1 - ring.index(), received, 1 - ring.index());
            all.reduceScatterSum(gradient, offsets, pieces.get(rank));
            all.allGatherV(pieces.get(rank), pieces);
            rotation.await();
            MemorySegment.copy(sums, 0, gradient, 0, 4_000_000);
            hash = hash * 31 + hash(sums);
        }
        return Long.toHexString(hash) + "/" + endpoint.counters().interNodeBytes();
    }

    private static long hash(MemorySegment segment) {
        long hash = 1;
        for (long at = 0; at < segment.byteSize(); at += Integer.BYTES) {
            hash = hash * 31 + segment.get(ValueLayout.JAVA_INT, at);
        }
        return hash;
    }

    private static TransportNode node(Path base, String driver) {
        TransportSettings settings =
                new TransportSettings(IntraNode.WINDOWS, 1024 * 1024, 65_504, 1024 * 1024, Duration.ofSeconds(60));
        return driver.equals("-")
                ? TransportNode.open(settings, "127.0.0.1", base, LinkFault.NONE, System::nanoTime)
                : TransportNode.attach(settings, "127.0.0.1", Path.of(driver), LinkFault.NONE, System::nanoTime);
    }

    /** Sites as {@code node,process,endpoint,driverDirectory}, in rank order. */
    private static Placement placement(String[] sites) {
        List<RankSite> ranks = new ArrayList<>();
        for (String site : sites) {
            String[] parts = site.split(",", -1);
            ranks.add(new RankSite(ranks.size(), parts[0], parts[1], parts[2], parts[3]));
        }
        return new Placement(1, MESH, ranks);
    }
}
