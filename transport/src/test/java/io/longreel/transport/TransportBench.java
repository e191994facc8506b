package io.longreel.transport;

import io.longreel.config.TransportSettings;
import io.longreel.config.TransportSettings.IntraNode;
import io.longreel.config.topology.Mesh;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.frame.FrameChecksum;
import io.longreel.transport.frame.FrameHeader;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Latency and bandwidth of each kind of link between threads of one JVM. Not a test: {@code java ... io.longreel.transport.TransportBench
 * direct|windows|ipc|udp|mixed [busy threads]}.
 */
final class TransportBench {
    private static final Map<String, List<String>> LAYOUTS = Map.of(
            "windows", List.of("A0", "A1", "A2", "A3"),
            "ipc", List.of("A0", "A0", "A0", "A0"),
            "udp", List.of("A", "B", "C", "D"),
            "mixed", List.of("A0", "A0", "B0", "B0"));

    /** What a frame of the largest kind carries over UDP. */
    private static final int FRAME_BYTES = 65_504 - 32 - FrameHeader.SIZE_BYTES;

    private static double checksumNsPerByte;

    private TransportBench() {}

    public static void main(String[] args) throws Exception {
        String kind = args[0];
        int busy = args.length > 1 ? Integer.parseInt(args[1]) : 0;
        for (int i = 0; i < busy; i++) {
            Thread.ofPlatform().daemon().name("busy-" + i).start(TransportBench::burn);
        }
        checksumNsPerByte = checksumNsPerByte();
        try (World world = open(kind, 4)) {
            List<RankEndpoint> two = kind.equals("mixed")
                    ? List.of(world.endpoint(0), world.endpoint(2))
                    : world.endpoints().subList(0, 2);
            List<Integer> pair = two.stream().map(RankEndpoint::rank).toList();
            List<Integer> all = List.of(0, 1, 2, 3);
            for (int round = 0; round < 2; round++) { // the first one warms up
                latency(kind, "all-to-all 64 B x 2 ranks", two, pair, 64, 3000);
                latency(kind, "all-to-all 64 B x 4 ranks", world.endpoints(), all, 64, 2000);
                ring(kind, two, pair, 64 * 1024, 1000);
                ring(kind, two, pair, 1024 * 1024, 200);
                ring(kind, two, pair, 4 * 1024 * 1024, 50);
                reduceScatter(kind, world.endpoints(), all, 50);
            }
        }
    }

    private static World open(String kind, int worldSize) throws Exception {
        Mesh mesh = new Mesh(1, 2, worldSize / 2);
        if (kind.equals("direct")) {
            InProcessTransport transport = InProcessTransport.open(Placements.local(1, mesh));
            return new World() {
                @Override
                public List<RankEndpoint> endpoints() {
                    return transport.endpoints();
                }

                @Override
                public void close() {
                    transport.close();
                }
            };
        }
        IntraNode intraNode = kind.equals("ipc") ? IntraNode.IPC : IntraNode.WINDOWS;
        TransportSettings settings =
                new TransportSettings(intraNode, 4 * 1024 * 1024, 65_504, 16 * 1024 * 1024, Duration.ofSeconds(60));
        Path base = Files.createTempDirectory(NodeDirectory.defaultBase(), "bench");
        return NodesWorld.open(settings, base, 1, mesh, LAYOUTS.getOrDefault(kind, List.of()), LinkFault.NONE);
    }

    private static void latency(
            String kind, String what, List<RankEndpoint> endpoints, List<Integer> group, int sizeBytes, int rounds) {
        List<long[]> times = RankThreads.run(endpoints, endpoint -> {
            Communicator all = endpoint.communicator(group);
            List<MemorySegment> send = new ArrayList<>();
            List<MemorySegment> receive = new ArrayList<>();
            for (int i = 0; i < group.size(); i++) {
                send.add(Bytes.empty(sizeBytes));
                receive.add(Bytes.empty(sizeBytes));
            }
            all.barrier();
            long[] ns = new long[rounds];
            for (int i = 0; i < rounds; i++) {
                long start = System.nanoTime();
                all.allToAllV(send, receive);
                ns[i] = System.nanoTime() - start;
            }
            return ns;
        });
        report(kind, what, times.getFirst(), 0);
    }

    private static void ring(
            String kind, List<RankEndpoint> endpoints, List<Integer> group, long sizeBytes, int rounds) {
        List<long[]> times = RankThreads.run(endpoints, endpoint -> {
            Communicator ring = endpoint.communicator(group);
            MemorySegment send = Bytes.empty(sizeBytes);
            MemorySegment receive = Bytes.empty(sizeBytes);
            int next = (ring.index() + 1) % ring.size();
            int previous = (ring.index() + ring.size() - 1) % ring.size();
            ring.barrier();
            long[] ns = new long[rounds];
            for (int i = 0; i < rounds; i++) {
                long start = System.nanoTime();
                ring.startSendReceive(send, next, receive, previous).await();
                ns[i] = System.nanoTime() - start;
            }
            return ns;
        });
        report(kind, "ring %d KiB each way".formatted(sizeBytes / 1024), times.getFirst(), sizeBytes);
    }

    private static void reduceScatter(String kind, List<RankEndpoint> endpoints, List<Integer> group, int rounds) {
        int elements = 1024 * 1024;
        int piece = elements / group.size();
        List<long[]> times = RankThreads.run(endpoints, endpoint -> {
            Communicator all = endpoint.communicator(group);
            MemorySegment input = Bytes.empty(4L * elements);
            MemorySegment own = Bytes.empty(4L * piece);
            long[] offsets = new long[group.size() + 1];
            List<MemorySegment> pieces = new ArrayList<>();
            for (int i = 0; i < group.size(); i++) {
                offsets[i + 1] = (long) (i + 1) * piece;
                pieces.add(input.asSlice(4L * i * piece, 4L * piece));
            }
            all.barrier();
            long[] ns = new long[rounds];
            for (int i = 0; i < rounds; i++) {
                long start = System.nanoTime();
                all.reduceScatterSum(input, offsets, own);
                all.allGatherV(own, pieces);
                ns[i] = System.nanoTime() - start;
            }
            return ns;
        });
        report(kind, "reduce-scatter + all-gather 4 MiB x 4 ranks", times.getFirst(), 0);
    }

    private static void report(String kind, String what, long[] ns, long sizeBytes) {
        Arrays.sort(ns);
        double mean = Arrays.stream(ns).average().orElse(0);
        System.out.printf(
                "%-8s %-46s p50 %8.1f us  p90 %8.1f us  p99 %8.1f us  mean %8.1f us%s%n",
                kind,
                what,
                ns[ns.length / 2] / 1e3,
                ns[ns.length * 9 / 10] / 1e3,
                ns[ns.length * 99 / 100] / 1e3,
                mean / 1e3,
                sizeBytes == 0
                        ? ""
                        : "  %.2f GB/s each way (mean)  checksums %.1f %% (p50)"
                                .formatted(
                                        sizeBytes / mean,
                                        // What is sent and what is received pass through it once each.
                                        100 * 2 * sizeBytes * checksumNsPerByte / ns[ns.length / 2]));
    }

    /** Best of many rounds: a machine that is busy otherwise must not make exchanges look cheap. */
    private static double checksumNsPerByte() {
        FrameChecksum checksum = new FrameChecksum();
        MemorySegment header = Bytes.empty(FrameHeader.SIZE_BYTES);
        MemorySegment payload = Bytes.empty(FRAME_BYTES);
        long best = Long.MAX_VALUE;
        for (int round = 0; round < 200; round++) {
            long start = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                checksum.seal(header, payload);
            }
            best = Math.min(best, System.nanoTime() - start);
        }
        double nsPerByte = best / 100.0 / FRAME_BYTES;
        System.out.printf("checksum of a frame of %d bytes: %.1f GB/s%n", FRAME_BYTES, 1 / nsPerByte);
        return nsPerByte;
    }

    private static void burn() {
        double x = 1;
        while (!Thread.currentThread().isInterrupted()) {
            x = Math.sqrt(x + 1);
        }
        System.out.println(x);
    }
}
