package io.longreel.transport;

import io.longreel.config.TransportSettings;
import io.longreel.config.TransportSettings.IntraNode;
import io.longreel.config.topology.Mesh;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * How long a generation takes to open, connect, and be given up from within a collective, on processes that stay. Not a test: {@code java ...
 * io.longreel.transport.ReopenBench windows|ipc|udp|mixed generations}.
 */
final class ReopenBench {
    private static final Mesh MESH = new Mesh(1, 2, 2);

    private ReopenBench() {}

    public static void main(String[] args) throws Exception {
        List<String> layout = List.of((switch (args[0]) {
                    case "udp" -> "A B C D";
                    case "mixed" -> "A0 A0 B0 B0";
                    default -> "A0 A1 A2 A3";
                })
                .split(" "));
        int generations = Integer.parseInt(args[1]);
        TransportSettings settings = new TransportSettings(
                args[0].equals("ipc") ? IntraNode.IPC : IntraNode.WINDOWS,
                4 * 1024 * 1024,
                65_504,
                4 * 1024 * 1024,
                Duration.ofSeconds(60));
        Path base = Files.createTempDirectory(NodeDirectory.defaultBase(), "bench");
        long[] openNs = new long[generations];
        long[] connectNs = new long[generations];
        long[] endNs = new long[generations];
        try (NodesWorld world = NodesWorld.empty(settings, base)) {
            for (int i = 0; i < generations; i++) {
                long start = System.nanoTime();
                List<RankEndpoint> endpoints = world.openGeneration(i + 1, MESH, layout);
                openNs[i] = System.nanoTime() - start;
                RankThreads.run(endpoints, endpoint -> {
                    ((LinkedEndpoint) endpoint).connect();
                    endpoint.communicator(List.of(0, 1, 2, 3)).barrier();
                    return true;
                });
                connectNs[i] = System.nanoTime() - start;
                start = System.nanoTime();
                endpoints.forEach(endpoint -> endpoint.abort("next"));
                endpoints.forEach(RankEndpoint::close);
                endNs[i] = System.nanoTime() - start;
            }
            report(args[0], "open", openNs);
            report(args[0], "open and connect", connectNs);
            report(args[0], "close", endNs);
        }
        Files.delete(base);
    }

    private static void report(String kind, String what, long[] ns) {
        long first = ns[0];
        Arrays.sort(ns);
        System.out.printf(
                "%-8s %-18s first %7.1f ms  p50 %7.1f ms  p90 %7.1f ms  p99 %7.1f ms  max %7.1f ms%n",
                kind,
                what,
                first / 1e6,
                ns[ns.length / 2] / 1e6,
                ns[ns.length * 9 / 10] / 1e6,
                ns[ns.length * 99 / 100] / 1e6,
                ns[ns.length - 1] / 1e6);
    }
}
