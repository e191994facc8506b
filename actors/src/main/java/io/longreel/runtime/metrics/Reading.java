package io.longreel.runtime.metrics;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a run's numbers are at one moment. Immutable.
 *
 * @param values what is known; of a {@code AMOUNT} that of the newest step
 * @param totals of amounts, since this process looks on
 * @param faults since this process looks on; every kind is there
 */
public record Reading(Map<Metric, Double> values, Map<Metric, Double> totals, Map<FaultKind, Long> faults) {
    public Reading {
        values = copy(Metric.class, values);
        totals = copy(Metric.class, totals);
        faults = copy(FaultKind.class, faults);
    }

    private static <K extends Enum<K>, V> Map<K, V> copy(Class<K> type, Map<K, V> map) {
        Map<K, V> copied = new EnumMap<>(type);
        copied.putAll(map);
        return Collections.unmodifiableMap(copied);
    }
}
