package io.longreel.chaos.fault;

import io.longreel.config.ChaosSettings;
import io.longreel.config.ChaosSettings.Fault;
import io.longreel.config.RunConfig;
import io.longreel.config.topology.Placement;
import io.longreel.runtime.rank.RankInstruments;
import io.longreel.runtime.rank.WorkInstruments;
import io.longreel.transport.fault.LinkFault;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** The faults of one worker process: what its ranks share. Made when the process gets its run's configuration; any thread. */
public final class ChaosInstruments implements WorkInstruments {
    private final ChaosSettings settings;
    private final StrikeFile strikes;
    private final OrderFile orders;
    private final OwnProcess own;
    private final LinkFaults links;
    private final InstantSource wallClock;

    private ChaosInstruments(RunConfig config, LongSupplier clockNs, InstantSource wallClock) {
        this.settings = config.chaos();
        this.orders = new OrderFile(config.out());
        this.strikes = new StrikeFile(config.out());
        this.own = new OwnProcess(clockNs);
        this.links = new LinkFaults(clockNs);
        this.wallClock = wallClock;
    }

    /** How the runtime finds this module. */
    public static final class Provider implements WorkInstruments.Provider {
        @Override
        public WorkInstruments open(RunConfig config) {
            return new ChaosInstruments(config, System::nanoTime, InstantSource.system());
        }
    }

    /** Instruments with other clocks than the machine's. */
    static ChaosInstruments open(RunConfig config, LongSupplier clockNs, InstantSource wallClock) {
        return new ChaosInstruments(config, clockNs, wallClock);
    }

    @Override
    public RankInstruments of(Placement placement, int rank) {
        return new RankFaults(this, placement, rank);
    }

    @Override
    public LinkFault links() {
        return links;
    }

    LinkFaults linkFaults() {
        return links;
    }

    /** The plan, and what was ordered since. A fault keeps its index. */
    List<Fault> faults() {
        if (!settings.takesOrders()) {
            return settings.faults();
        }
        return Stream.concat(settings.faults().stream(), orders.faults().stream())
                .toList();
    }

    long seed() {
        return settings.seed();
    }

    StrikeFile strikes() {
        return strikes;
    }

    OwnProcess own() {
        return own;
    }

    long wallMs() {
        return wallClock.millis();
    }
}
