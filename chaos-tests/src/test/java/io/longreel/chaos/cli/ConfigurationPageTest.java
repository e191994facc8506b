package io.longreel.chaos.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The page that readers open says what the program reads. */
class ConfigurationPageTest {
    @Test
    void shouldBeWhatTheProgramPrints() throws IOException {
        String page = Files.readString(Path.of("../docs/configuration.md"));
        assertEquals(
                RunConfigLoader.referencePage(),
                page,
                "docs/configuration.md is out of date: bin/longreel config --reference > docs/configuration.md");
    }

    @Test
    void shouldHaveAMeaningForEveryKey() {
        String page = RunConfigLoader.referencePage();
        assertTrue(page.lines().filter(line -> line.startsWith("| `")).count() > 150, "keys must be there");
        page.lines()
                .filter(line -> line.startsWith("| `"))
                .forEach(line -> assertTrue(!line.endsWith("|  |"), () -> "a key must say what it is: " + line));
        assertTrue(page.contains("`attempts-max`"), "keys of inner groups must be there");
    }
}
