package io.longreel.runtime.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.supervisor.StepCost;
import io.longreel.runtime.supervisor.StepData;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PrometheusPageTest {
    /** A sample of the text format 0.0.4 without a time stamp. */
    private static final Pattern SAMPLE =
            Pattern.compile("(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\\{[^}]*})? (?<value>[-+0-9.eEInfNa]+)");

    private static final Pattern META = Pattern.compile("# (HELP|TYPE) (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) .+");

    private final RunNumbers numbers = new RunNumbers(4, News.WORK);
    private final PrometheusPage page = new PrometheusPage("my run");

    /** Value by name and labels; every line must be one of the format. */
    private Map<String, Double> samples() {
        Map<String, Double> samples = new TreeMap<>();
        for (String line : page.of(numbers.reading(10_000)).lines().toList()) {
            if (META.matcher(line).matches()) {
                continue;
            }
            Matcher sample = SAMPLE.matcher(line);
            assertTrue(sample.matches(), line);
            String labels = sample.group("labels") == null ? "" : sample.group("labels");
            samples.put(sample.group("name") + labels, Double.parseDouble(sample.group("value")));
        }
        return samples;
    }

    @Test
    void shouldShowEveryNumberUnderItsNameWhenAllAreKnown() {
        numbers.learn(News.begun(), 0);
        numbers.learn(News.step(1), 1_000);
        numbers.learn(new RunNews.RecoveryStarted(2, "a fault", false), 2_000);
        numbers.learn(new RunNews.Recovered(2, 1_500, 3, "a fault"), 3_500);
        numbers.learn(News.step(2), 4_000);
        Map<String, Double> samples = samples();
        assertEquals(
                Stream.of(Metric.values()).map(Metric::prometheusName).collect(Collectors.toSet()),
                samples.keySet().stream()
                        .map(name -> name.substring(0, name.indexOf('{')))
                        .collect(Collectors.toSet()));
        assertEquals(1.0, samples.get("longreel_loss_metrics_global_avg_loss{run=\"my run\"}"));
        assertEquals(250, samples.getOrDefault("longreel_throughput_tps{run=\"my run\"}", Double.NaN), 1e-9);
        assertEquals(
                10,
                samples.getOrDefault("longreel_time_metrics_data_loading_percent{run=\"my run\"}", Double.NaN),
                1e-9);
        assertEquals(60, samples.getOrDefault("longreel_sp_bytes_inter_node_total{run=\"my run\"}", Double.NaN), 1e-9);
        assertEquals(0.85, samples.getOrDefault("longreel_ft_goodput{run=\"my run\"}", Double.NaN), 1e-9);
        assertEquals(1, samples.get("longreel_ft_faults_total{kind=\"recovery\",run=\"my run\"}"));
        assertEquals(0, samples.get("longreel_ft_faults_total{kind=\"node_lost\",run=\"my run\"}"));
    }

    @Test
    void shouldLeaveOutWhatTheRunDoesNotHave() {
        assertFalse(page.of(numbers.reading(0)).contains("longreel_loss"));
        numbers.learn(News.step(1), 1_000);
        assertTrue(samples().containsKey("longreel_throughput_tps{run=\"my run\"}"));
        numbers.learn(News.step(2, StepCost.UNKNOWN, StepData.UNKNOWN), 2_000);
        assertFalse(samples().containsKey("longreel_throughput_tps{run=\"my run\"}"), "it was step 1's");
        numbers.learn(News.step(3), 3_000);
        assertTrue(samples().containsKey("longreel_throughput_tps{run=\"my run\"}"));
    }
}
