package io.longreel.chaos.fault;

import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.ChaosSettings.At;
import io.longreel.config.ChaosSettings.Fault;
import io.longreel.config.ChaosSettings.Phase;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.model.PackedBatch;
import io.longreel.ops.device.Device;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.rank.RankInstruments;
import io.longreel.transport.RankEndpoint;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The faults of one rank in one mesh incarnation. It counts how often the rank has come to each phase of a step, and strikes where the plan says so.
 * The rank's compute thread's own.
 */
final class RankFaults implements RankInstruments {
    private static final Logger LOG = LoggerFactory.getLogger(RankFaults.class);

    /** The highest bit of the mantissa: the value is wrong and still looks like one. */
    private static final int FLIPPED_BIT = 1 << 22;

    private final ChaosInstruments process;
    private final Placement placement;
    private final RankSite site;
    private final Map<Phase, Integer> visits = new EnumMap<>(Phase.class);
    /** What the optimizer changed last: lies in memory until the next step. */
    private List<Tensor> restingWeights = List.of();

    /** The plan as of the last command or its last part: looking for orders at each exchange of a step would slow it down. */
    private List<Fault> faults = List.of();

    private int stage;
    private int step;

    RankFaults(ChaosInstruments process, Placement placement, int rank) {
        this.process = process;
        this.placement = placement;
        this.site = placement.site(rank);
    }

    @Override
    public void reached(StepId at, Phase phase) {
        if (at.stage() != stage || at.step() != step || phase == Phase.IDLE) {
            visits.clear();
        }
        if (at.stage() != stage) {
            restingWeights = List.of(); // their memory may be gone
        }
        stage = at.stage();
        step = at.step();
        faults = process.faults();
        reached(phase, phase == Phase.IDLE ? restingWeights : List.of());
    }

    @Override
    public RankEndpoint around(RankEndpoint endpoint) {
        return new StruckEndpoint(endpoint, this);
    }

    @Override
    public Device around(Device device) {
        return new StruckDevice(device, this);
    }

    @Override
    public List<PackedBatch> around(List<PackedBatch> batches) {
        return batches.stream().map(batch -> StruckFrames.in(batch, this)).toList();
    }

    /** Pixels of the step's samples were read. */
    void readPixels(Tensor pixels) {
        strike(Phase.DATA, visits.getOrDefault(Phase.DATA, 1), List.of(pixels), true);
    }

    /**
     * The rank comes to a phase of the step that it is in.
     *
     * @param data what it works with there: a fault of data damages the first of them that has elements
     */
    void reached(Phase phase, List<Tensor> data) {
        int visit = visits.merge(phase, 1, Integer::sum);
        strike(phase, visit, data, false);
        strike(phase, visit, data, true);
    }

    /** The weights of a range are about to be updated. */
    void updates(Tensor weights) {
        if (weights.elements() > 0) {
            restingWeights = List.of(weights);
        }
        reached(Phase.OPTIMIZER, List.of(weights));
    }

    private void strike(Phase phase, int visit, List<Tensor> data, boolean damagesData) {
        for (int index = 0; index < faults.size(); index++) {
            Fault fault = faults.get(index);
            if (fault.action().damagesData() != damagesData
                    || !isAt(fault.at(), phase, visit)
                    || process.strikes().isSpent(index, fault.action(), site.rank())) {
                continue;
            }
            if (fault.action().disturbsLinks()) {
                layOut(index, fault, phase);
            } else if (damagesData) {
                damage(index, fault, phase, data);
            } else if (isMine(fault.at()) && isClaimed(index, fault, phase)) {
                suffer(index, fault);
            }
        }
    }

    private boolean isAt(At at, Phase phase, int visit) {
        return at.phase() == phase
                && at.occurrence() == visit
                && at.stage() == stage
                && step >= at.step()
                && step < (long) at.step() + at.steps();
    }

    private boolean isMine(At at) {
        return at.rank().orElse(site.rank()) == site.rank()
                && at.node().orElse(site.nodeId()).equals(site.nodeId());
    }

    /** Whether the fault may strike here; its line is on the disk then. */
    private boolean isClaimed(int index, Fault fault, Phase phase) {
        boolean claimed = process.strikes()
                .claim(
                        fault.times(),
                        new Strike(
                                index,
                                0,
                                fault.action(),
                                phase,
                                site.rank(),
                                site.nodeId(),
                                site.processId(),
                                placement.generation(),
                                stage,
                                step,
                                process.wallMs()))
                .isPresent();
        if (claimed) {
            LOG.warn(
                    "fault.strikes fault={} action={} rank={} stage={} step={} phase={}",
                    index,
                    fault.action(),
                    site.rank(),
                    stage,
                    step,
                    phase);
        }
        return claimed;
    }

    private void suffer(int index, Fault fault) {
        OwnProcess own = process.own();
        switch (fault.action()) {
            case KILL -> own.kill();
            case STOP -> own.stop(fault.lasts());
            case HANG -> own.hang(fault.lasts());
            case SLOW -> own.burn(fault.lasts());
            case FAIL ->
                throw new RuntimeFailure(
                        RuntimeFailure.Category.RETRYABLE,
                        "rank %d lost its device: fault %d of the run's plan".formatted(site.rank(), index));
            case NAN, BIT_FLIP, CORRUPT, DROP, DUPLICATE, DELAY, PARTITION ->
                throw new IllegalArgumentException("does not strike a process: " + fault);
        }
    }

    private void damage(int index, Fault fault, Phase phase, List<Tensor> data) {
        for (Tensor tensor : data) {
            if (isMine(fault.at()) && tensor.dtype() == DType.F32 && tensor.elements() > 0) {
                if (isClaimed(index, fault, phase)) {
                    damage(tensor, fault.action(), new SplittableRandom(process.seed() + index));
                }
                return;
            }
        }
    }

    private static void damage(Tensor tensor, Action action, SplittableRandom random) {
        long element = random.nextLong(tensor.elements());
        if (action == Action.NAN) {
            tensor.setFloat(element, Float.NaN);
        } else {
            int bits = tensor.segment().getAtIndex(ValueLayout.JAVA_INT, element);
            tensor.segment().setAtIndex(ValueLayout.JAVA_INT, element, bits ^ FLIPPED_BIT);
        }
    }

    /** Both ends lay the fault out for what they send themselves: a process decides about no frames but its own. */
    private void layOut(int index, Fault fault, Phase phase) {
        int struck = fault.at().rank().orElse(site.rank());
        List<Integer> peers = fault.peers().isEmpty()
                ? IntStream.range(0, placement.ranks().size()).boxed().toList()
                : fault.peers();
        boolean sendsBack = !fault.isOneWay() && peers.contains(site.rank()) && site.rank() != struck;
        if (isMine(fault.at()) || sendsBack) {
            process.linkFaults()
                    .layOut(
                            fault,
                            process.seed() + index,
                            site.rank(),
                            site.rank() == struck ? peers : List.of(struck),
                            () -> isClaimed(index, fault, phase));
        }
    }
}
