package io.longreel.runtime.metrics;

import io.longreel.runtime.protocol.LinkWaits;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.RankUsage;
import io.longreel.runtime.supervisor.CommittedStep;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/** What ranks tell of a step beyond its result: operations, memory, waits by class of link. What nobody knows is not among them. Stateless. */
public final class StepFigures {
    private static final double GIB = 1 << 30;

    /** All that can be among them. */
    static final Set<Metric> ALL = Collections.unmodifiableSet(EnumSet.of(
            Metric.TFLOPS,
            Metric.MFU,
            Metric.MEMORY_PROCESS,
            Metric.MEMORY_ARENAS,
            Metric.WAIT_LOCAL,
            Metric.WAIT_INTRA_NODE,
            Metric.WAIT_INTER_NODE));

    private StepFigures() {}

    public static Map<Metric, Double> of(CommittedStep step, StepWork work) {
        Map<Metric, Double> figures = new EnumMap<>(Metric.class);
        List<StepFinished> ranks = step.ranks();
        double seconds = step.cost().durationMs() / 1e3;
        if (ranks.isEmpty() || seconds <= 0) {
            return figures;
        }
        OptionalDouble operations = work.operations(step);
        if (operations.isPresent()) {
            double perRank = operations.getAsDouble() / seconds / ranks.size();
            figures.put(Metric.TFLOPS, perRank / 1e12);
            work.peakPerRank().ifPresent(peak -> figures.put(Metric.MFU, 100 * perRank / peak));
        }
        putIfKnown(
                figures,
                Metric.MEMORY_PROCESS,
                most(ranks.stream().map(r -> r.usage().peakBytes()).toList()));
        putIfKnown(
                figures,
                Metric.MEMORY_ARENAS,
                most(ranks.stream().map(r -> r.usage().arenaBytes()).toList()));
        boolean isTold = ranks.stream().anyMatch(rank -> !rank.usage().equals(RankUsage.NONE));
        if (isTold) {
            LinkWaits waits = ranks.stream().map(r -> r.usage().waits()).reduce(LinkWaits.NONE, LinkWaits::plus);
            figures.put(Metric.WAIT_LOCAL, waits.localNs() / 1e9 / ranks.size());
            figures.put(Metric.WAIT_INTRA_NODE, waits.intraNodeNs() / 1e9 / ranks.size());
            figures.put(Metric.WAIT_INTER_NODE, waits.interNodeNs() / 1e9 / ranks.size());
        }
        return figures;
    }

    private static long most(List<Long> bytes) {
        return bytes.stream().mapToLong(Long::longValue).max().orElse(0);
    }

    private static void putIfKnown(Map<Metric, Double> figures, Metric metric, long bytes) {
        if (bytes > 0) {
            figures.put(metric, bytes / GIB);
        }
    }
}
