package io.longreel.chaos.scenario;

import io.longreel.chaos.process.Job;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Mounts and networks that only a job's own processes see, as Linux gives them to root. */
final class Namespaces {
    /** Starts a program with mounts of its own, which its children share. */
    static final List<String> MOUNTS = List.of("unshare", "--mount", "--propagation", "private");

    private Namespaces() {}

    /** Why this machine cannot; empty when it can. */
    static Optional<String> obstacle() {
        List<String> probe = new ArrayList<>(MOUNTS);
        probe.addAll(List.of("mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt"));
        try {
            Process process = new ProcessBuilder(probe)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.onExit().join().exitValue() == 0
                    ? Optional.empty()
                    : Optional.of("mounts of one's own need root on Linux (unshare --mount)");
        } catch (IOException e) {
            return Optional.of("this machine has no unshare");
        }
    }

    /** Runs a command among the job's processes. */
    static void inside(Job job, String... command) {
        List<String> all = new ArrayList<>(
                List.of("nsenter", "--target", Long.toString(job.seed().pid()), "--mount", "--"));
        all.addAll(List.of(command));
        job.shell(all.toArray(String[]::new));
    }
}
