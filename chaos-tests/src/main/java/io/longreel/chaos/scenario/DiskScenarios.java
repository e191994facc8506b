package io.longreel.chaos.scenario;

import io.longreel.chaos.process.Job;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Disks that are full or cannot be written, checkpoints that are torn or damaged. Full disks are real ones, mounted for the run alone. */
final class DiskScenarios {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private DiskScenarios() {}

    static List<Scenario> all() {
        return List.of(diskFull(), readOnly(), torn(), flipped());
    }

    private static Scenario diskFull() {
        return mounted(
                "disk-full",
                "disk full",
                "No checkpoint fits on its disk any more: training goes on, and the operator is told.",
                "256 KiB are left for checkpoints",
                "size=256k",
                "No space left on device");
    }

    private static Scenario readOnly() {
        return mounted(
                "disk-read-only",
                "read-only disk",
                "The checkpoints' disk cannot be written any more: training goes on, and the operator is told.",
                "checkpoints cannot be written",
                "ro",
                "[Rr]ead-only file system");
    }

    /** Behind the first step the folder of checkpoints is another disk, which does not take them. */
    private static Scenario mounted(
            String name, String fault, String description, String note, String options, String said) {
        return Scenario.of(name, fault, "checkpoint", description)
                .unless(Namespaces::obstacle)
                .inNamespaces(Namespaces.MOUNTS)
                .set("recovery.hang-timeout=15 s")
                .script(job -> {
                    job.awaitSteps(1, LIMIT);
                    Path folder = checkpoints(job);
                    job.note(note);
                    Namespaces.inside(job, "mount", "-t", "tmpfs", "-o", options, "none", folder.toString());
                })
                .check(Checks.unharmed())
                .check(Checks.says(said), Checks.neverRecovered())
                .build();
    }

    private static Scenario torn() {
        return Scenario.of(
                        "checkpoint-torn",
                        "torn checkpoint",
                        "checkpoint",
                        "Everything is killed while a checkpoint is written; resume uses the one before it, or none.")
                .script(job -> {
                    // The seed writes the manifest: while it is stopped what is torn stays torn.
                    job.await("a slice without a manifest", LIMIT, () -> isStoppedInACheckpoint(job));
                    job.signal(job.seed().handle(), "KILL", "the seed, and with it its workers, in a checkpoint");
                    job.outcomeOfSeed(LIMIT);
                    job.resume();
                })
                .check(Checks.unharmed())
                .build();
    }

    private static boolean isStoppedInACheckpoint(Job job) {
        if (!unsealed(checkpointsOf(job))) {
            return false;
        }
        job.signal(job.seed().handle(), "STOP", "the seed, to look whether a checkpoint is half written");
        if (unsealed(checkpointsOf(job))) {
            return true;
        }
        job.signal(job.seed().handle(), "CONT", "the seed, as the checkpoint was whole");
        return false;
    }

    private static Scenario flipped() {
        return Scenario.of(
                        "checkpoint-flipped",
                        "bit-flipped checkpoint",
                        "at rest",
                        "A bit of the newest checkpoint changes on the disk; resume finds it, says so, and uses the one before it.")
                .script(job -> {
                    job.await("a second checkpoint", LIMIT, () -> sealed(checkpointsOf(job)) >= 2);
                    job.signal(job.seed().handle(), "KILL", "the seed, and with it its workers");
                    job.outcomeOfSeed(LIMIT);
                    job.note("a bit of the newest checkpoint changes");
                    flip(newestSlice(checkpointsOf(job)));
                    job.resume();
                })
                .check(Checks.unharmed())
                .check(Checks.says("checksum|sha256|damaged"))
                .build();
    }

    /** The folder is there before the first checkpoint, for something to be mounted on it. */
    private static Path checkpoints(Job job) {
        try {
            return Files.createDirectories(checkpointsOf(job));
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for checkpoints", e);
        }
    }

    private static Path checkpointsOf(Job job) {
        return job.run().root().resolve("checkpoints");
    }

    private static boolean unsealed(Path checkpoints) {
        return folders(checkpoints).stream()
                .anyMatch(folder -> has(folder, ".slice") && !Files.exists(folder.resolve("manifest.json")));
    }

    private static long sealed(Path checkpoints) {
        return folders(checkpoints).stream()
                .filter(folder -> Files.exists(folder.resolve("manifest.json")))
                .count();
    }

    private static Path newestSlice(Path checkpoints) {
        Path newest = folders(checkpoints).stream()
                .filter(folder -> Files.exists(folder.resolve("manifest.json")))
                .max(Comparator.naturalOrder())
                .orElseThrow(() -> gone(checkpoints));
        return children(newest).stream()
                .filter(file -> file.toString().endsWith(".slice"))
                .min(Comparator.naturalOrder())
                .orElseThrow(() -> gone(newest));
    }

    private static void flip(Path file) {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            long middle = open.length() / 2;
            open.seek(middle);
            int value = open.read();
            open.seek(middle);
            open.write(value ^ 1);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot be damaged: " + file, e);
        }
    }

    private static boolean has(Path folder, String ending) {
        return children(folder).stream().anyMatch(file -> file.toString().endsWith(ending));
    }

    private static List<Path> folders(Path folder) {
        return children(folder).stream().filter(Files::isDirectory).toList();
    }

    /** What is there at this moment: others write and delete meanwhile. */
    private static List<Path> children(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList();
        } catch (NoSuchFileException deletedMeanwhile) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot be listed: " + folder, e);
        }
    }

    private static RuntimeFailure gone(Path where) {
        return new RuntimeFailure(RuntimeFailure.Category.FATAL, "nothing to damage in " + where);
    }
}
