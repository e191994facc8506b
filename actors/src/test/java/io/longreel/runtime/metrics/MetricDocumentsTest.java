package io.longreel.runtime.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is written about the numbers names the numbers that there are. */
class MetricDocumentsTest {
    private static final Path DOCS = Path.of("..", "docs");
    private static final Pattern NAME = Pattern.compile("longreel_[a-z0-9_]+");

    private static Set<String> names() {
        return Stream.of(Metric.values()).map(Metric::prometheusName).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> namedIn(String text) {
        return NAME.matcher(text).results().map(found -> found.group()).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void shouldListEveryNumberWithBothNamesInTheDocument() throws IOException {
        String text = Files.readString(DOCS.resolve("dashboard.md"));
        assertEquals(names(), namedIn(text));
        for (Metric metric : Metric.values()) {
            assertTrue(
                    text.contains("| `%s` | `%s` |".formatted(metric.tag(), metric.prometheusName())),
                    () -> "docs/dashboard.md has no row of " + metric.tag());
        }
    }

    @Test
    void shouldAskInGrafanaForNumbersThatThereAre() throws IOException {
        JsonNode dashboard = new ObjectMapper()
                .readTree(DOCS.resolve("grafana/longreel.json").toFile());
        Set<String> asked = new TreeSet<>();
        for (JsonNode panel : dashboard.path("panels")) {
            assertTrue(panel.path("targets").size() > 0, () -> "a panel that shows nothing: " + panel.path("title"));
            panel.path("targets")
                    .forEach(target -> asked.addAll(namedIn(target.path("expr").asText())));
        }
        assertTrue(names().containsAll(asked), () -> "there is none of " + asked + " but " + names());
        assertTrue(asked.size() > 10, () -> "only " + asked);
        asked.addAll(namedIn(dashboard.path("templating").toString()));
        assertTrue(names().containsAll(asked), () -> "there is none of " + asked + " but " + names());
    }
}
