package io.longreel.runtime.web;

import io.longreel.runtime.metrics.Metric;
import io.longreel.runtime.metrics.StepFigures;
import io.longreel.runtime.metrics.StepWork;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.RankUsage;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.supervisor.CommittedStep;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** What the ranks did in the newest steps; fewer steps are kept of a mesh with more ranks. Guarded by its owner, but for {@link View}, which is immutable. */
final class RecentSteps {
    private static final int STEPS_MAX = 24;
    /** Bars of ranks that a page can draw and an event can carry. */
    private static final int BARS_MAX = 1024;

    /** What one class of links carried in the newest step, and how long a rank waited for it, on average. */
    record LinkLoad(String name, long bytes, OptionalDouble waitedMs) {}

    /**
     * At one moment.
     *
     * @param steps oldest first
     * @param usage of the newest step, by rank
     * @param links of the newest step
     */
    record View(List<CommittedStep> steps, List<RankUsage> usage, List<LinkLoad> links) {}

    private final Deque<CommittedStep> steps = new ArrayDeque<>();

    void add(CommittedStep step) {
        if (step.ranks().isEmpty()) {
            return;
        }
        steps.addLast(step);
        int room = Math.clamp(BARS_MAX / step.ranks().size(), 1, STEPS_MAX);
        while (steps.size() > room) {
            steps.removeFirst();
        }
    }

    View view() {
        if (steps.isEmpty()) {
            return new View(List.of(), List.of(), List.of());
        }
        CommittedStep newest = steps.getLast();
        return new View(
                List.copyOf(steps),
                newest.ranks().stream().map(StepFinished::usage).toList(),
                links(newest));
    }

    private static List<LinkLoad> links(CommittedStep step) {
        Map<Metric, Double> figures = StepFigures.of(step, StepWork.UNKNOWN);
        SentBytes sent = step.sent();
        List<LinkLoad> links = new ArrayList<>();
        links.add(new LinkLoad("inside processes", sent.local(), waitedMs(figures, Metric.WAIT_LOCAL)));
        links.add(new LinkLoad("inside nodes", sent.intraNode(), waitedMs(figures, Metric.WAIT_INTRA_NODE)));
        links.add(new LinkLoad("between nodes", sent.interNode(), waitedMs(figures, Metric.WAIT_INTER_NODE)));
        return links;
    }

    private static OptionalDouble waitedMs(Map<Metric, Double> figures, Metric metric) {
        Double seconds = figures.get(metric);
        return seconds == null ? OptionalDouble.empty() : OptionalDouble.of(1e3 * seconds);
    }
}
