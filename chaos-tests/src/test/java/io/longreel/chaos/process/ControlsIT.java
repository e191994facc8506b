package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.runtime.journal.JournalEntry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every order, given over HTTP to a run of real processes; its losses are those of a run that nobody disturbs, to the bit. */
final class ControlsIT {
    private static final int STEPS = 200;
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Only the same mesh gives the same bits. */
    private static final List<String> ARGUMENTS = List.of(
            "tiny",
            "--set",
            "stages[0].phases[0].steps=" + STEPS,
            "--set",
            "recovery.spares=2",
            "--set",
            "recovery.elastic=false",
            "--set",
            "checkpoint.every-steps=0");

    @TempDir
    private static Path folder = Path.of("");

    private final HttpClient client = HttpClient.newHttpClient();

    private HttpResponse<String> order(Job job, String path) {
        return order(job, path, address(job).path("token").asText());
    }

    private HttpResponse<String> order(Job job, String path, String token) {
        job.note("order " + path);
        return send(HttpRequest.newBuilder(URI.create(address(job).path("url").asText() + "control/" + path))
                .header("X-Longreel-Token", token)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError("the run's server must answer: " + request.uri(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private static JsonNode address(Job job) {
        try {
            return JSON.readTree(job.run().root().resolve("dashboard.json").toFile());
        } catch (IOException e) {
            throw new AssertionError("a run that lives says where it is", e);
        }
    }

    private String status(Job job) {
        try {
            URI url = URI.create(address(job).path("url").asText() + "ready");
            return JSON.readTree(send(HttpRequest.newBuilder(url).build()).body())
                    .path("status")
                    .asText();
        } catch (IOException e) {
            throw new AssertionError("a status is JSON", e);
        }
    }

    private void assertOutcome(Job job, String path, int status, String outcome) {
        HttpResponse<String> answer = order(job, path);
        assertEquals(status, answer.statusCode(), () -> answer.body() + job.story());
        assertTrue(answer.body().contains("\"outcome\":\"" + outcome + "\""), answer.body());
    }

    private void awaitPaused(Job job) {
        job.await("the run stands still", LIMIT, () -> status(job).equals("paused"));
    }

    /** Nodes by rank, as the ranks are placed now. */
    private static List<String> hosts(Job job) {
        return job.run().journal(JournalEntry.Placed.class).getLast().nodeIds();
    }

    private static boolean isLost(Job job, String nodeId, String reason) {
        return job.run().journal(JournalEntry.NodeLost.class).stream()
                .anyMatch(lost -> lost.nodeId().equals(nodeId) && lost.reason().contains(reason));
    }

    @Test
    void shouldDoWhatItIsAskedForAndComputeTheSame() throws IOException {
        List<Double> reference;
        try (Job undisturbed = Job.train(folder, "reference", InstantSource.system(), List.of(), ARGUMENTS)) {
            assertEquals(0, undisturbed.outcome(LIMIT).exitCode(), undisturbed::story);
            reference = undisturbed.run().losses();
        }
        List<String> arguments = new ArrayList<>(ARGUMENTS);
        arguments.addAll(List.of("--set", "dashboard.chaos=true"));
        try (Job job = Job.train(folder, "run", InstantSource.system(), List.of(), arguments)) {
            job.awaitSteps(3, LIMIT);
            assertOutcome(job, "pause", 200, "accepted");
            awaitPaused(job);
            refuse(job);
            int standing = job.run().committedSteps();
            saveWhilePaused(job, standing);
            drainWhilePaused(job, standing);
            assertEquals(standing, job.run().committedSteps(), "no step is committed while it is paused");
            assertOutcome(job, "resume", 200, "accepted");
            assertOutcome(job, "resume", 200, "already");
            job.awaitSteps(standing + 5, LIMIT);
            kill(job);
            assertEquals(0, job.outcome(LIMIT).exitCode(), job::story);
            assertEquals(
                    IntStream.range(0, STEPS).boxed().toList(),
                    job.run().steps().stream().map(StepMetrics::globalStep).toList(),
                    "no step is lost or doubled");
            assertEquals(reference, job.run().losses(), "to the bit");
            assertFalse(Files.exists(job.run().root().resolve("dashboard.json")), "nobody is there any more");
            StepMetrics last = job.run().steps().getLast();
            assertTrue(
                    last.figures()
                            .keySet()
                            .containsAll(List.of("tflops", "memory/max_active(GiB)", "sp/wait_inter_node(s)")),
                    () -> "figures=" + last.figures());
        } finally {
            client.close();
        }
    }

    private void refuse(Job job) {
        assertOutcome(job, "pause", 200, "already");
        assertOutcome(job, "drain/node-9", 409, "refused");
        assertOutcome(job, "kill/77", 409, "refused");
        assertEquals(403, order(job, "resume", "guess").statusCode());
        assertEquals(404, order(job, "halt").statusCode());
        assertEquals("paused", status(job));
    }

    private void saveWhilePaused(Job job, int standing) throws IOException {
        assertOutcome(job, "checkpoint", 200, "accepted");
        String name = String.format(Locale.ROOT, "step-%08d", standing);
        job.await(
                "checkpoint " + name,
                LIMIT,
                () -> job.run().journal(JournalEntry.CheckpointCommitted.class).stream()
                        .anyMatch(saved -> saved.checkpoint().equals(name)));
        assertOutcome(job, "checkpoint", 200, "already");
        Path directory = job.run().root().resolve("checkpoints").resolve(name);
        ChildJvm.Outcome verified = ChildJvm.start(folder, "verify-checkpoint", directory.toString())
                .outcome(LIMIT);
        assertEquals(0, verified.exitCode(), verified::toString);
    }

    private void drainWhilePaused(Job job, int standing) {
        String drained = hosts(job).getFirst(); // who joined late may be a spare
        assertOutcome(job, "drain/" + drained, 200, "accepted");
        job.await(drained + " has left", LIMIT, () -> isLost(job, drained, "it left"));
        awaitPaused(job);
        assertFalse(hosts(job).contains(drained), () -> drained + " still hosts a rank" + job.story());
        JournalEntry.Restored restored =
                job.run().journal(JournalEntry.Restored.class).getLast();
        assertEquals(standing, restored.globalStep(), "no step is lost");
        assertTrue(restored.source().contains("memory"), restored::toString);
    }

    private void kill(Job job) {
        String struck = hosts(job).get(3);
        assertOutcome(job, "kill/3", 200, "accepted");
        job.await("the end of " + struck, LIMIT, () -> isLost(job, struck, "exit code 137"));
        assertEquals(
                struck,
                job.run().journal(JournalEntry.KillOrdered.class).getLast().nodeId());
    }
}
