package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.longreel.chaos.process.Program.Ended;
import io.longreel.runtime.journal.JournalEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code deploy/slurm/longreel.sbatch} as Slurm runs it: with the variables of a job, and with {@code srun} and {@code scontrol} on the PATH that do
 * what Slurm's do as far as the script sees it, on this machine: tasks are processes, and a job that is queued again is noted.
 * With {@code LONGREEL_SLURM=1} in the environment, the Slurm of this machine does it, too: three nodes that can read this folder, each of which resolves
 * the others' names, or {@code LONGREEL_SEED_HOST}.
 */
final class SlurmIT {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int STEPS = 30;
    private static final int TERMINATED = 143;
    private static final int MISUSED = 2;

    /** Starts a task a node, hands signals on to them, and ends with the highest exit code. */
    private static final String SRUN = """
            #!/bin/bash
            while [[ $1 == -* ]]; do shift; done
            tasks=()
            for ((task = 0; task < SLURM_JOB_NUM_NODES; task++)); do
              SLURM_PROCID=$task "$@" &
              tasks+=($!)
            done
            trap 'kill -TERM "${tasks[@]}" 2>/dev/null' TERM
            worst=0
            for task in "${tasks[@]}"; do
              while :; do
                wait "$task"; code=$?
                kill -0 "$task" 2>/dev/null || break
              done
              ((code > worst)) && worst=$code
            done
            exit $worst
            """;

    private static final String SCONTROL = """
            #!/bin/bash
            case $1 in
              show) for ((node = 0; node < SLURM_JOB_NUM_NODES; node++)); do echo 127.0.0.1; done ;;
              requeue) echo "$2" >>"$FAKE_SLURM/requeued" ;;
              *) exit 1 ;;
            esac
            """;

    @TempDir
    private Path folder;

    private final Map<String, String> job = new HashMap<>();

    @BeforeEach
    void makeACluster() throws IOException {
        Path tools = Files.createDirectory(folder.resolve("tools"));
        for (Map.Entry<String, String> tool :
                Map.of("srun", SRUN, "scontrol", SCONTROL).entrySet()) {
            Path file = Files.writeString(tools.resolve(tool.getKey()), tool.getValue());
            assertTrue(file.toFile().setExecutable(true));
        }
        job.put("PATH", tools + ":" + System.getenv("PATH"));
        job.put("FAKE_SLURM", folder.toString());
        job.put("JAVA_HOME", System.getProperty("java.home"));
        job.put("LONGREEL_NO_BUILD", "1"); // no build inside the build
        job.put("SLURM_JOB_ID", Long.toString(ProcessHandle.current().pid()));
        job.put("SLURM_JOB_NUM_NODES", "2");
        job.put("SLURM_JOB_NODELIST", "n[0-1]");
        job.put("SLURM_SUBMIT_DIR", HOME.toString());
    }

    private Program submit(String... arguments) throws IOException {
        String script =
                HOME.resolve("cluster-config/deploy/slurm/longreel.sbatch").toString();
        return Program.start(
                job,
                Stream.concat(Stream.of("bash", script), List.of(arguments).stream())
                        .toArray(String[]::new));
    }

    @Test
    void shouldStopBeforeItsTimeIsOverAndGoOnWhenQueuedAgain() throws IOException {
        ObservedRun run = new ObservedRun(folder.resolve("run"));
        String[] arguments = {"tiny", "--out", run.root().toString(), "--set", "cluster.join-timeout=120 s"};
        try (Program first = submit(arguments)) {
            BoundedWait.until(
                    "some steps",
                    LIMIT,
                    () -> run.committedSteps() >= 3 || !first.isAlive(),
                    () -> first.story() + run.story());
            first.signal("USR1"); // as by --signal=B:USR1@300
            Ended ended = first.ended();
            assertEquals(TERMINATED, ended.exitCode(), () -> ended.err() + run.story());
            assertFalse(run.journal(JournalEntry.CheckpointCommitted.class).isEmpty(), run::story);
        }
        assertEquals(List.of(job.get("SLURM_JOB_ID")), Files.readAllLines(folder.resolve("requeued")));
        int before = run.committedSteps();
        assertTrue(before >= 3 && before < STEPS, "the signal came too late");
        try (Program again = submit(arguments)) {
            Ended ended = again.ended();
            assertEquals(0, ended.exitCode(), () -> ended.err() + run.story());
        }
        assertEquals(STEPS, run.losses().size());
        assertEquals(
                List.of(0L, (long) before),
                run.journal(JournalEntry.RunStarted.class).stream()
                        .map(JournalEntry.RunStarted::globalStep)
                        .toList());
        assertTrue(Files.exists(run.root().resolve("logs/node-0001.log")));
    }

    @Test
    void shouldEndWithTheSeedsExitCodeWhenTheUserIsWrong() throws IOException {
        try (Program job = submit("tiny", "--out", folder.resolve("run").toString(), "--set", "mesh.ring=3")) {
            Ended ended = job.ended();
            assertEquals(MISUSED, ended.exitCode(), ended::err);
        }
        try (Program job = submit("tiny", "--out", "here")) {
            Ended ended = job.ended();
            assertEquals(MISUSED, ended.exitCode(), ended::err);
            assertTrue(ended.err().contains("--out must name an absolute folder"), ended::err);
        }
        assertFalse(Files.exists(folder.resolve("requeued")));
    }

    @Test
    void shouldGoOnUnderTheSlurmOfThisMachine() throws IOException {
        assumeTrue(
                "1".equals(System.getenv("LONGREEL_SLURM")),
                "skipped: queues a job on three nodes of Slurm only with LONGREEL_SLURM=1 in the environment");
        ObservedRun run = new ObservedRun(folder.resolve("queued"));
        Path output = folder.resolve("job.out");
        String job = slurm(
                "sbatch",
                "--parsable",
                "--nodes=3",
                "--time=30",
                "--output=" + output,
                HOME.resolve("cluster-config/deploy/slurm/longreel.sbatch").toString(),
                "tiny",
                "--out",
                run.root().toString(),
                "--set",
                "recovery.spares=1",
                "--set",
                "cluster.join-timeout=120 s");
        Supplier<String> story = () -> run.story() + (Files.exists(output) ? read(output) : "");
        try {
            BoundedWait.until("some steps", LIMIT, () -> run.committedSteps() >= 3, story);
            slurm("scancel", "--batch", "--signal=USR1", job); // as Slurm does when the time is nearly over
            BoundedWait.until("the job is queued again", LIMIT, () -> state(job).equals("PENDING"), story);
            int before = run.committedSteps();
            assertTrue(before >= 3 && before < STEPS, "the signal came too late");
            slurm("scontrol", "update", "JobId=" + job, "StartTime=now"); // Slurm lets such jobs wait for two minutes
            BoundedWait.until("the job is over", LIMIT, () -> state(job).equals("COMPLETED"), story);
            assertEquals(STEPS, run.losses().size(), story);
            assertEquals(
                    List.of(0L, (long) before),
                    run.journal(JournalEntry.RunStarted.class).stream()
                            .map(JournalEntry.RunStarted::globalStep)
                            .toList(),
                    story);
        } finally {
            slurm("scancel", job);
        }
    }

    /** As Slurm says it: PENDING, RUNNING, COMPLETED. */
    private static String state(String job) {
        return slurm("squeue", "--noheader", "--states=all", "--format=%T", "--jobs=" + job);
    }

    /** Output of a program of Slurm's, with what the user's environment says of it. */
    private static String slurm(String... command) {
        try {
            Map<String, String> environment = Map.of(
                    "JAVA_HOME",
                    System.getProperty("java.home"),
                    "LONGREEL_NO_BUILD",
                    "1",
                    "LONGREEL",
                    HOME.resolve("bin/longreel").toString());
            return Program.runToEnd(environment, command).requireOk().out().strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
