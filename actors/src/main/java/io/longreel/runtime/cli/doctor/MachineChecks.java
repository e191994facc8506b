package io.longreel.runtime.cli.doctor;

import com.sun.management.OperatingSystemMXBean;
import io.longreel.config.ClusterSettings;
import io.longreel.config.RunConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The machine without our native libraries: Java, cores, memory, shared memory, ports, the run directory. Leaves
 * nothing behind.
 */
final class MachineChecks {
    private static final long GIB = 1L << 30;
    private static final long MIB = 1L << 20;
    private static final int JAVA = 25;
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    /** What Aeron's logs of a small job take, besides the windows. */
    private static final long DRIVER_BYTES = 64 * MIB;

    /** Resident memory of a worker process beyond its tensors: heap, code, native libraries. */
    private static final long PROCESS_BYTES = 700 * MIB;

    private final RunConfig config;

    MachineChecks(RunConfig config) {
        this.config = config;
    }

    Finding java() {
        String subject = "Java";
        String fact = Runtime.version() + ", " + System.getProperty("java.vm.vendor");
        if (Runtime.version().feature() != JAVA) {
            return Finding.missing(subject, fact, "install a JDK 25 and set JAVA_HOME to it");
        }
        boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        return vectors
                ? Finding.ok(subject, fact)
                : Finding.missing(subject, fact, "start through bin/longreel, which adds jdk.incubator.vector");
    }

    Finding cores() {
        int cores = Runtime.getRuntime().availableProcessors();
        int ranks = config.cluster().ranksPerNode() * config.cluster().nodes();
        return Finding.wanted(
                cores >= 2,
                "cores",
                "%d, for %d ranks of %s on this machine".formatted(cores, ranks, config.name()),
                "give the machine two cores or more; with one, the run is slow and may time out");
    }

    Finding memory() {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long needed = (config.cluster().nodes() + 1) * PROCESS_BYTES;
        long total = system.getTotalMemorySize();
        return Finding.wanted(
                total >= needed,
                "memory",
                "%.1f GiB, %.1f GiB free".formatted((double) total / GIB, (double) system.getFreeMemorySize() / GIB),
                "%s on this machine alone wants %.1f GiB".formatted(config.name(), (double) needed / GIB));
    }

    Finding sharedMemory() throws IOException {
        String subject = "shared memory";
        if (!Files.isWritable(SHARED_MEMORY)) {
            return Finding.warn(
                    subject,
                    SHARED_MEMORY + " is not there or not writable",
                    "mount a tmpfs there; without it, ranks exchange data through files in " + tmp());
        }
        ClusterSettings cluster = config.cluster();
        long windows = (long) cluster.nodes()
                * cluster.ranksPerNode()
                * (cluster.ranksPerNode() - 1)
                * config.transport().windowBytes();
        long needed = windows + cluster.nodes() * DRIVER_BYTES;
        FileStore store = Files.getFileStore(SHARED_MEMORY);
        String fact = "%d MiB free in %s, %d MiB needed"
                .formatted(store.getUsableSpace() / MIB, SHARED_MEMORY, (needed + MIB - 1) / MIB);
        return store.getUsableSpace() >= needed
                ? Finding.ok(subject, fact)
                : Finding.missing(
                        subject,
                        fact,
                        "enlarge it (mount -o remount,size=1g %s; in a container --shm-size=1g)"
                                .formatted(SHARED_MEMORY));
    }

    Finding ports() {
        String subject = "ports";
        InetSocketAddress address = new InetSocketAddress(
                config.cluster().seedHost(), config.cluster().seedPort());
        String wanted = "%s:%d".formatted(address.getHostString(), address.getPort());
        if (address.isUnresolved()) {
            return Finding.missing(
                    subject,
                    "no address for " + address.getHostString(),
                    "correct cluster.seed-host or the name service");
        }
        try (ServerSocket tcp = new ServerSocket()) {
            tcp.bind(address);
            try (DatagramSocket udp = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
                return Finding.ok(
                        subject,
                        "TCP %s:%d and UDP %d can be bound"
                                .formatted(address.getHostString(), tcp.getLocalPort(), udp.getLocalPort()));
            }
        } catch (IOException e) {
            return Finding.missing(
                    subject,
                    "cannot bind %s: %s".formatted(wanted, e.getMessage()),
                    "free the port, or choose another (cluster.seed-port, 0 = any; cluster.seed-host must be of this machine)");
        }
    }

    Finding runDirectory() throws IOException {
        Path existing = config.out();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        String subject = "run directory";
        if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
            return Finding.missing(
                    subject,
                    "cannot write in " + existing,
                    "run from another directory, or choose one with --set out=DIR");
        }
        long free = Files.getFileStore(existing).getUsableSpace();
        return Finding.wanted(
                free >= GIB,
                subject,
                "%s, %.1f GiB free".formatted(config.out(), (double) free / GIB),
                "make room: checkpoints and footage may take a GiB");
    }

    private static String tmp() {
        return System.getProperty("java.io.tmpdir");
    }
}
