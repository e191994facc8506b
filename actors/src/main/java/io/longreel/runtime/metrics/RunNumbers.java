package io.longreel.runtime.metrics;

import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.RunNews;
import java.util.EnumMap;
import java.util.Map;

/**
 * The numbers of a run, drawn from its news. What the news do not say stays unknown: a step that somebody else measured has no time, and no number
 * made up in its place. {@code nowMs} is the time at which news came. Any thread.
 */
public final class RunNumbers {
    private static final long NEVER = -1;

    private final Map<Metric, Double> values = new EnumMap<>(Metric.class);
    private final Map<Metric, Double> totals = new EnumMap<>(Metric.class);
    private final Map<FaultKind, Long> faults = new EnumMap<>(FaultKind.class);
    private final StepWork work;
    private int worldSize;
    private long begunMs = NEVER;
    /** Of the recovery that is going on. */
    private long recoveringMs = NEVER;

    private boolean isMove;
    private long lostMs;
    private long repairedMs;
    private int repairs;

    /**
     * @param worldSize ranks of the mesh at the start
     */
    public RunNumbers(int worldSize) {
        this(worldSize, StepWork.UNKNOWN);
    }

    /**
     * @param work what steps compute
     */
    public RunNumbers(int worldSize, StepWork work) {
        this.work = work;
        this.worldSize = worldSize;
        for (FaultKind kind : FaultKind.values()) {
            faults.put(kind, 0L);
        }
        values.put(Metric.WORLD_SIZE, (double) worldSize);
    }

    /** Takes news in. */
    public synchronized void learn(RunNews news, long nowMs) {
        switch (news) {
            case RunNews.StageStarted started -> {
                begunMs = begunMs == NEVER ? nowMs : begunMs;
                reach(started.position());
            }
            case RunNews.StepCommitted committed -> commit(committed.step());
            case RunNews.Trouble trouble -> suffer(trouble, nowMs);
            default -> {} // no numbers in it
        }
    }

    private void reach(Position position) {
        values.put(Metric.GLOBAL_STEP, (double) position.globalStep());
        values.put(Metric.STAGE, (double) position.stage());
    }

    private void commit(CommittedStep step) {
        reach(step.position());
        values.put(Metric.LOSS, step.result().loss());
        values.put(Metric.GRADIENT_NORM, step.result().gradientNorm());
        values.put(Metric.LEARNING_RATE, step.result().learningRate());
        double durationMs = step.cost().durationMs();
        boolean isMeasured = durationMs > 0;
        put(Metric.STEP_TIME, isMeasured, durationMs / 1e3);
        put(Metric.THROUGHPUT, isMeasured, step.result().tokens() * 1e3 / durationMs / worldSize);
        put(Metric.EXPOSED_COMMUNICATION, isMeasured, 100 * step.cost().waitedShare());
        put(Metric.IMBALANCE, step.cost().imbalance() > 0, step.cost().imbalance());
        put(Metric.DATA_TIME, isMeasured, step.data().waitMs() / 1e3);
        put(Metric.DATA_SHARE, isMeasured, Math.min(100, 100 * step.data().waitMs() / durationMs));
        put(Metric.FILL, step.data().sequences() > 0, 100 * step.data().fill());
        Map<Metric, Double> figures = StepFigures.of(step, work);
        for (Metric metric : StepFigures.ALL) {
            put(metric, figures.containsKey(metric), figures.getOrDefault(metric, 0.0));
        }
        add(Metric.TOKENS, step.result().tokens());
        if (isMeasured) {
            add(Metric.FRAMES, step.data().frames());
            add(Metric.BYTES_LOCAL, step.sent().local());
            add(Metric.BYTES_INTRA_NODE, step.sent().intraNode());
            add(Metric.BYTES_INTER_NODE, step.sent().interNode());
        }
        add(Metric.STEPS, 1);
    }

    /** A number of the newest step that is not known must not look like that of an earlier one. */
    private void put(Metric metric, boolean isKnown, double value) {
        if (isKnown) {
            values.put(metric, value);
        } else {
            values.remove(metric);
        }
    }

    private void add(Metric metric, long amount) {
        values.put(metric, (double) amount);
        totals.merge(metric, (double) amount, Double::sum);
    }

    private void suffer(RunNews.Trouble trouble, long nowMs) {
        FaultKind.of(trouble).ifPresent(kind -> faults.merge(kind, 1L, Long::sum));
        switch (trouble) {
            case RunNews.RecoveryStarted started -> {
                if (recoveringMs == NEVER) {
                    recoveringMs = nowMs;
                    isMove = true;
                }
                isMove &= started.isPlanned();
            }
            case RunNews.Placed placed -> {
                worldSize = placed.mesh().worldSize();
                values.put(Metric.WORLD_SIZE, (double) worldSize);
            }
            case RunNews.Recovered recovered -> {
                lostMs += recovered.tookMs();
                if (!isMove) {
                    repairs++;
                    repairedMs += recovered.tookMs();
                    values.put(Metric.MTTR, repairedMs / 1e3 / repairs);
                    values.put(Metric.RPO, (double) recovered.replayed());
                }
                recoveringMs = NEVER;
            }
            default -> {} // counted above
        }
    }

    /** What is known now. */
    public synchronized Reading reading(long nowMs) {
        if (begunMs != NEVER && nowMs > begunMs) {
            long goneMs = lostMs + (recoveringMs == NEVER ? 0 : nowMs - recoveringMs);
            values.put(Metric.GOODPUT, Math.clamp(1 - (double) goneMs / (nowMs - begunMs), 0, 1));
        }
        return new Reading(values, totals, faults);
    }
}
