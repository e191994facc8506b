package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of a run of real processes, in a real browser: what it draws, and that its buttons do what they say. Pictures of it are in {@code target/page}. */
final class RunPageIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Path PICTURES = Path.of("target", "page");
    private static final int ENTER = 13;
    private static final int ESCAPE = 27;

    @TempDir
    private static Path folder = Path.of("");

    @Test
    void shouldDrawTheRunAndPauseItByKeyboardAndMouseInLightAndDark() throws IOException {
        Optional<String> program = Chromium.find();
        assumeTrue(
                program.isPresent(),
                "skipped: no chromium, and it can be installed by root on a Debian-like system only (apt-get install chromium)");
        Path profile = Files.createDirectories(folder.resolve("profile"));
        List<String> arguments = List.of(
                "tiny",
                "--set",
                "stages[0].phases[0].steps=100000",
                "--set",
                "recovery.spares=1",
                "--set",
                "dashboard.chaos=true");
        try (Job job = Job.train(folder, "run", InstantSource.system(), List.of(), arguments);
                Chromium browser = Chromium.start(program.get(), profile)) {
            job.awaitSteps(30, LIMIT);
            JsonNode address = new ObjectMapper()
                    .readTree(job.run().root().resolve("dashboard.json").toFile());
            String url = address.path("url").asText();
            browser.open(url, "light");
            browser.await("document.querySelectorAll('#mesh circle').length === 4");
            browser.await("document.querySelectorAll('button[data-order]:enabled').length === 0");
            assertTrue(
                    browser.value("document.getElementById('controls-note').textContent")
                            .contains("printed at the start"),
                    "without the token there is nothing to press, and the page says why");

            browser.open(url + "#" + address.path("token").asText(), "light");
            browser.await("!document.querySelector('[data-order=pause]').disabled");
            assertEquals("", browser.value("location.hash"), "the token is taken out of the address");
            browser.await("document.querySelector('#loss polyline')?.points.numberOfItems > 2");
            browser.await("document.querySelectorAll('#log li').length > 2");
            browser.await("document.querySelectorAll('#timeline rect.part').length > 8");
            browser.await("document.getElementById('mesh').textContent.includes('between nodes')");
            browser.screenshot(PICTURES.resolve("light-training.png"));

            // By keyboard: what is asked first is cancelled, and nothing happens.
            browser.value("document.querySelector('[data-order=pause]').focus()");
            browser.press("Enter", ENTER, "\r");
            browser.await("document.getElementById('confirm').open");
            assertEquals(
                    "confirm-no",
                    browser.value("document.activeElement.id"),
                    "what does nothing is what Enter presses");
            browser.screenshot(PICTURES.resolve("light-question.png"));
            browser.press("Escape", ESCAPE, "");
            browser.await("!document.getElementById('confirm').open");
            assertEquals("training", browser.value("document.getElementById('phase').textContent"));
            assertEquals("pause", browser.value("document.activeElement.dataset.order"), "focus goes back");

            browser.press("Enter", ENTER, "\r");
            browser.await("document.getElementById('confirm').open");
            browser.click("confirm-yes");
            browser.await("document.getElementById('phase').textContent === 'paused'");
            int standing = job.run().committedSteps();
            browser.await("document.getElementById('control-answer').textContent.includes('accepted')");
            browser.await("document.querySelector('[data-order=pause]').disabled");
            browser.await("!document.querySelector('[data-order=resume]').disabled");
            browser.await("document.querySelectorAll('#mesh circle.paused').length === 4");

            browser.open(url + "#" + address.path("token").asText(), "dark");
            browser.await("document.getElementById('phase').textContent === 'paused'");
            browser.await("document.querySelectorAll('#timeline rect.part').length > 8");
            assertEquals("true", browser.value("matchMedia('(prefers-color-scheme: dark)').matches"));
            browser.value("document.querySelector('[data-order=drain]').focus()");
            browser.press("Enter", ENTER, "\r");
            browser.await("document.getElementById('confirm').open");
            browser.screenshot(PICTURES.resolve("dark-question.png"));
            browser.press("Escape", ESCAPE, "");
            browser.await("!document.getElementById('confirm').open");
            browser.screenshot(PICTURES.resolve("dark-paused.png"));
            assertEquals(standing, job.run().committedSteps(), "the run really stands still");

            browser.value("document.querySelector('[data-order=resume]').click()");
            browser.await("document.getElementById('confirm').open");
            browser.click("confirm-yes");
            browser.await("document.getElementById('phase').textContent === 'training'");
            job.awaitSteps(standing + 1, LIMIT);
            assertEquals("", browser.faults(), "no script may fail");
            job.signal(job.seed().handle(), "TERM", "enough was seen");
            job.outcome(LIMIT);
        }
    }
}
