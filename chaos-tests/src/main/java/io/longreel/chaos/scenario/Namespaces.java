package io.longreel.chaos.scenario;

import io.longreel.chaos.process.BoundedWait;
import io.longreel.chaos.process.Job;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Mounts and networks that only a job's own processes see, as Linux gives them to root. */
final class Namespaces {
    /** Starts a program with mounts of its own, which its children share. */
    static final List<String> MOUNTS = List.of("unshare", "--mount", "--propagation", "private");

    private Namespaces() {}

    /** Why this machine gives no process mounts of its own; empty when it does. */
    static Optional<String> obstacle() {
        return probe("mounts", MOUNTS, "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt");
    }

    /** Why this machine gives no process a network of its own; empty when it does. */
    static Optional<String> networkObstacle() {
        return probe(
                "networks",
                List.of("unshare", "--net"),
                "ip",
                "link",
                "add",
                "v0",
                "type",
                "veth",
                "peer",
                "name",
                "v1");
    }

    private static Optional<String> probe(String what, List<String> unshare, String... command) {
        List<String> all = new ArrayList<>(unshare);
        all.addAll(List.of(command));
        try {
            Process process = new ProcessBuilder(all)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.onExit().join().exitValue() == 0
                    ? Optional.empty()
                    : Optional.of("%s of one's own need root on Linux (%s)".formatted(what, String.join(" ", unshare)));
        } catch (IOException e) {
            return Optional.of("this machine has no " + unshare.getFirst());
        }
    }

    /**
     * Starts a program in a network of its own, with one end of a cable, v0; its other end, v1, is still there, too. Addresses are not those of the
     * cable, so that a cut leaves them.
     */
    static List<String> network(String own, String other) {
        return network("ip link add v0 type veth peer name v1", "v0", own, other);
    }

    /** Starts a program in another network, as soon as the end v1 of the cable is there. */
    static List<String> cableEnd(String own, String other) {
        return network("until ip link show v1 >/dev/null 2>&1; do sleep 0.05; done", "v1", own, other);
    }

    private static List<String> network(String cable, String end, String own, String other) {
        String script = "ip link set lo up; %s; ip addr add %s/32 dev lo; ip link set %s up; %s; exec \"$@\""
                .formatted(cable, own, end, String.join(" ", route(end, own, other)));
        return List.of("unshare", "--net", "--mount", "--propagation", "private", "sh", "-ec", script, "sh");
    }

    /** Sends what is for the other address through the cable. */
    static List<String> route(String end, String own, String other) {
        return List.of("ip", "route", "replace", other + "/32", "dev", end, "src", own);
    }

    /** Sends what is for the other address nowhere. */
    static List<String> noRoute(String other) {
        return List.of("ip", "route", "replace", "blackhole", other + "/32");
    }

    /** Waits until a process has left the network of another one. */
    static void awaitOwnNetwork(long pid, long other) {
        BoundedWait.until(
                "a network of its own for process " + pid,
                Duration.ofSeconds(10),
                () -> !networkOf(pid).equals(networkOf(other))
                        && !networkOf(pid)
                                .equals(networkOf(ProcessHandle.current().pid())),
                () -> networkOf(pid));
    }

    private static String networkOf(long pid) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "ns", "net"))
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException("process %d has no network to look at".formatted(pid), e);
        }
    }

    /** Runs a command that sees the mounts of the job's own process. */
    static void inside(Job job, String... command) {
        List<String> all = new ArrayList<>(
                List.of("nsenter", "--target", Long.toString(job.seed().pid()), "--mount", "--"));
        all.addAll(List.of(command));
        job.shell(all.toArray(String[]::new));
    }
}
