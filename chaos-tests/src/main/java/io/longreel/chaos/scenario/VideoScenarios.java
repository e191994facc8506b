package io.longreel.chaos.scenario;

import io.longreel.chaos.process.Job;
import io.longreel.runtime.journal.JournalEntry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Footage that is damaged under a run. */
final class VideoScenarios {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    /** Committed steps before it happens. */
    private static final int STEPS_BEFORE = 4;
    /** Where samples begin to be damaged: behind what the header and the first pictures take. */
    private static final double INTACT_SHARE = 0.05;

    private static final int STRIPE_BYTES = 64;
    private static final int STRIDE_BYTES = 512;

    private VideoScenarios() {}

    static List<Scenario> all() {
        return List.of(Scenario.of(
                        "video-damaged",
                        "corrupt video",
                        "data",
                        "The video is damaged while it is read, and mended later: steps that could not be read are skipped, and said so.")
                // More frames than fit in memory, so that the file is read again and again.
                .training("data.generated.frames=900", "data.frame-cache=1 MiB")
                .set("recovery.attempts-max=20")
                .script(VideoScenarios::damage)
                .check(Checks.ended(0), Checks.noLeftWorkers())
                .check(Checks.sameStepsBefore(STEPS_BEFORE))
                .check(Checks.says("video .*damaged"))
                .check(Checks.journalHas("SamplesQuarantined", "cannot be read"))
                .build());
    }

    private static void damage(Job job) {
        Path video = job.run().root().resolve("haystack.mp4");
        job.awaitSteps(STEPS_BEFORE, LIMIT);
        job.note("the video is damaged");
        invert(video);
        job.await(
                "samples that are skipped",
                LIMIT,
                () -> !job.run().journal(JournalEntry.SamplesQuarantined.class).isEmpty());
        job.note("the video is mended");
        invert(video);
    }

    /** Inverts a stripe of bytes in every half KiB, in place, so that doing it twice changes nothing and readers have the same file open. */
    private static void invert(Path file) {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            byte[] stripe = new byte[STRIPE_BYTES];
            long end = (long) (open.length() * (1 - INTACT_SHARE));
            for (long at = (long) (open.length() * INTACT_SHARE); at + STRIPE_BYTES < end; at += STRIDE_BYTES) {
                open.seek(at);
                open.readFully(stripe);
                for (int i = 0; i < stripe.length; i++) {
                    stripe[i] = (byte) ~stripe[i];
                }
                open.seek(at);
                open.write(stripe);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the video cannot be changed: " + file, e);
        }
    }
}
