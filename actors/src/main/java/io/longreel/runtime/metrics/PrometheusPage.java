package io.longreel.runtime.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A reading as Prometheus's text format, by Micrometer. Meters come and go with what is known, so that a number that the run does not have is
 * no zero. Any thread.
 */
public final class PrometheusPage {
    /** The media type of what {@link #of} returns. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private record Shown(Meter meter, AtomicReference<Double> value) {}

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, Shown> shown = new HashMap<>();
    private final Tags run;

    /**
     * @param runName label {@code run} of every number
     */
    public PrometheusPage(String runName) {
        this.run = Tags.of("run", runName);
    }

    /** The page. */
    public synchronized String of(Reading reading) {
        for (Metric metric : Metric.values()) {
            switch (metric.kind()) {
                case VALUE, STATE -> show(metric, reading.values().get(metric));
                case AMOUNT -> show(metric, reading.totals().get(metric));
                case FAULT ->
                    reading.faults()
                            .forEach((kind, count) -> show(metric, run.and("kind", kind.word()), (double) count));
            }
        }
        return registry.scrape(CONTENT_TYPE);
    }

    private void show(Metric metric, @Nullable Double value) {
        if (value != null) {
            show(metric, run, value);
            return;
        }
        Shown gone = shown.remove(key(metric, run));
        if (gone != null) {
            registry.remove(gone.meter());
        }
    }

    private void show(Metric metric, Tags tags, double value) {
        shown.computeIfAbsent(key(metric, tags), key -> meter(metric, tags))
                .value()
                .set(value);
    }

    private Shown meter(Metric metric, Tags tags) {
        AtomicReference<Double> value = new AtomicReference<>(Double.NaN);
        Meter meter = metric.isCounter()
                ? FunctionCounter.builder(metric.meterName(), value, AtomicReference::get)
                        .description(metric.help())
                        .tags(tags)
                        .register(registry)
                : Gauge.builder(metric.meterName(), value, AtomicReference::get)
                        .description(metric.help())
                        .tags(tags)
                        .register(registry);
        return new Shown(meter, value);
    }

    private static String key(Metric metric, Tags tags) {
        return metric + " " + tags;
    }
}
