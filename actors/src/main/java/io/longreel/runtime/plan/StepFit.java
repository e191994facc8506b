package io.longreel.runtime.plan;

import io.longreel.config.PlanPresets;
import io.longreel.config.plan.Calibration;
import io.longreel.config.plan.Calibration.Constants;
import io.longreel.config.plan.ClusterSpec;
import io.longreel.config.plan.CostFit;
import io.longreel.config.plan.CostFit.Sample;
import io.longreel.config.plan.CostModel;
import io.longreel.config.plan.MeshChoice;
import io.longreel.config.plan.Method;
import io.longreel.config.plan.Software;
import io.longreel.config.plan.StepCase;
import io.longreel.config.plan.StepCost;
import io.longreel.config.plan.Workload;
import io.longreel.model.bench.StepBench;
import java.util.ArrayList;
import java.util.List;

/**
 * What whole steps say about a machine whose kernels and links are known: a step's seconds are those of its products, its attention, its traffic with memory and the rest, each times a
 * factor near one, as kernels meet other caches in a step than alone, and of each constant as often as it counts. Steps on one core also tell how much faster it is while the others
 * rest. Pure.
 */
public final class StepFit {
    private static final Software BASE = PlanPresets.software("longreel");
    /** A rate at which something costs nothing. */
    private static final double FREE = 1e12;
    /** A step needs neither less than half nor more than twice the time of its kernels: what says so is noise. */
    private static final double FACTOR_MAX = 2;

    private static final double ALONE_MAX = 1.6;
    private static final double ALONE_STEP = 0.01;
    /** Products, attention, memory, the rest; a step, a layer, a step of a ring, an exchange, a turn. */
    private static final int KNOWN = 4;

    private static final int COUNTS = 9;
    /** Kernels were measured, too: to take one for a tenth slower than alone must gain as much as three hundredths of a step's time. */
    private static final CostFit.Guess GUESS = new CostFit.Guess(0.3, 1, 1, 1, 1, 0, 0, 0, 0, 0);

    private StepFit() {}

    /** The median of such steps. */
    record Measured(StepBench.Setting setting, double seconds) {}

    /**
     * A machine, and how many times as long as alone its kernels take in a step.
     *
     * @param rest messages, and rows of queries
     */
    record Found(Calibration calibration, double products, double attention, double memory, double rest) {}

    static Found of(Calibration machine, List<Measured> steps) {
        Calibration best = machine;
        double[] prices = {};
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; 1 + i * ALONE_STEP <= ALONE_MAX; i++) {
            Calibration tried = machine.withAlone(1 + i * ALONE_STEP);
            List<Sample> samples = samples(tried, steps);
            double[] fitted = CostFit.prices(samples, GUESS);
            double missed = missed(samples, fitted);
            if (missed < least) {
                least = missed;
                best = tried;
                prices = fitted;
            }
        }
        Calibration slowed = best.slowed(factor(prices[0]), factor(prices[1]), factor(prices[2]), factor(prices[3]));
        return new Found(
                slowed.with(slowed.constants().withFixed(prices[4], prices[6], prices[5], prices[7], prices[8])),
                factor(prices[0]),
                factor(prices[1]),
                factor(prices[2]),
                factor(prices[3]));
    }

    private static double factor(double price) {
        return Math.clamp(price, 1 / FACTOR_MAX, FACTOR_MAX);
    }

    private static List<Sample> samples(Calibration machine, List<Measured> steps) {
        List<Sample> samples = new ArrayList<>();
        steps.forEach(step -> samples.add(new Sample(step.seconds(), counts(machine, step.setting()))));
        return samples;
    }

    private static double missed(List<Sample> samples, double[] prices) {
        double sum = 0;
        for (Sample sample : samples) {
            double seconds = 0;
            for (int i = 0; i < prices.length; i++) {
                seconds += sample.counts()[i] * prices[i];
            }
            sum += Math.pow(seconds / sample.seconds() - 1, 2);
        }
        return sum;
    }

    private static double[] counts(Calibration machine, StepBench.Setting setting) {
        Calibration bare = machine.with(machine.constants().withFixed(0, 0, 0, 0, 0));
        double known = seconds(bare, setting);
        double[] counts = new double[COUNTS];
        counts[0] = known - seconds(bare.slowed(1 / FREE, 1, 1, 1), setting);
        counts[1] = known - seconds(bare.slowed(1, 1 / FREE, 1, 1), setting);
        counts[2] = known - seconds(bare.slowed(1, 1, 1 / FREE, 1), setting);
        counts[3] = known - counts[0] - counts[1] - counts[2];
        for (int i = KNOWN; i < COUNTS; i++) {
            double[] one = new double[COUNTS];
            one[i] = 1;
            Constants unit = bare.constants().withFixed(one[4], one[6], one[5], one[7], one[8]);
            counts[i] = seconds(bare.with(unit), setting) - known;
        }
        return counts;
    }

    private static double seconds(Calibration machine, StepBench.Setting setting) {
        return cost(setting, machine.cluster("here", setting.mesh().worldSize()), machine.software(BASE))
                .seconds();
    }

    /** What the planner says of a step that is measured: its ranks in one node, ZeRO stage 1. */
    public static StepCost cost(StepBench.Setting setting, ClusterSpec machine, Software software) {
        int ranks = setting.mesh().worldSize();
        Workload work = new Workload(
                setting.tokens(), setting.frames(), setting.mesh().dataDegree(), new Workload.Trains(true, true, true));
        return CostModel.of(new StepCase(
                RunTimes.shape(setting.config()),
                machine.withRanks(ranks, ranks),
                software,
                work,
                Method.TWO_D,
                new MeshChoice(setting.mesh(), 1, 1, false)));
    }
}
