package io.longreel.curriculum.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfigLoader;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final RunFacts FACTS = new RunFacts(
            "finished",
            true,
            75,
            OptionalDouble.of(0.95),
            List.of(new RunFacts.Fault(Instant.EPOCH, "node_lost", "node-1 & <others>")),
            new TreeMap<>(),
            new LinkedHashMap<>(),
            List.of());

    private static List<StepMetrics> steps(int count) {
        return IntStream.range(0, count)
                .mapToObj(step -> new StepMetrics(
                        "1", 0, step, step, 4.0 / (step + 1), 100, 10, 2, 1e-3, 50, 0, 0, 0, 0, 0, Instant.EPOCH))
                .toList();
    }

    private static Comparison.Run run(String name, int count, String... overrides) {
        NeedleResults needles = new NeedleResults("needle", List.of(new NeedleResults.Cell(8, 0.5, 3, 4)));
        return new Comparison.Run(
                name, RunConfigLoader.load("tiny", List.of(overrides)), steps(count), List.of(needles), FACTS);
    }

    @Test
    void shouldNameTheKeysThatDifferAndNoOthers() {
        Comparison comparison = new Comparison(
                List.of(run("a", 3, "out=a"), run("b", 3, "out=b", "seed=7", "stages[0].phases[0].steps=12")));
        assertEquals(
                List.of("seed", "stages[0].phases[0].steps"),
                List.copyOf(comparison.differences().keySet()));
        assertEquals(
                "7", List.copyOf(comparison.differences().values()).getFirst().getLast());
        assertTrue(
                new Comparison(List.of(run("a", 3), run("b", 3))).differences().isEmpty());
    }

    @Test
    void shouldBeOnePageWithSixFieldsAndNoAddressOutside() {
        String html = new Comparison(List.of(run("a<b>", 3), run("long", 5000), run("none", 0))).html();
        assertTrue(html.contains("a&lt;b&gt;"), "names are escaped");
        assertFalse(html.contains("<script"), "no script");
        assertFalse(html.replace("http://www.w3.org/2000/svg", "").contains("://"), "no address outside the page");
        assertFalse(html.contains("NaN"), "no empty mean");
        for (String field : List.of("loss by step", "gradient norm by tokens", "tokens per second by step")) {
            assertTrue(html.contains(field), field);
        }
        assertTrue(html.contains("75.0 %") && html.contains("95.0 %") && html.contains("node_lost 1"));
        assertTrue(html.length() < 200_000, () -> "a long run is drawn with few points: " + html.length());
    }

    @Test
    void shouldKeepMeansOfALongRun() {
        List<CurveChart.Point> points = IntStream.range(0, 1000)
                .mapToObj(i -> new CurveChart.Point(i, i % 2))
                .toList();
        List<CurveChart.Point> thinned = RunCurves.thinned(points);
        assertEquals(250, thinned.size());
        assertTrue(thinned.stream().allMatch(point -> point.y() == 0.5));
        assertEquals(999, thinned.getLast().x());
    }
}
