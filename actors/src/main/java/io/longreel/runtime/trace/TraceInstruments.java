package io.longreel.runtime.trace;

import io.longreel.config.RunConfig;
import io.longreel.config.topology.Placement;
import io.longreel.runtime.rank.RankInstruments;
import io.longreel.runtime.rank.WorkInstruments;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/** Timelines of one process's ranks. Any thread. */
public final class TraceInstruments implements WorkInstruments {
    /** Of a run directory: a file per rank. */
    public static final String FOLDER = "trace";

    private final RunConfig config;
    private final LongSupplier clockNs;
    private final InstantSource wallClock;

    private TraceInstruments(RunConfig config, LongSupplier clockNs, InstantSource wallClock) {
        this.config = config;
        this.clockNs = clockNs;
        this.wallClock = wallClock;
    }

    /** What records a run's steps, if its configuration wants any recorded. */
    public static WorkInstruments of(RunConfig config) {
        return config.trace().isOn()
                ? new TraceInstruments(config, System::nanoTime, InstantSource.system())
                : WorkInstruments.NONE;
    }

    @Override
    public RankInstruments of(Placement placement, int rank) {
        return new StepTrace(config.trace(), folder(config.out()), rank, clockNs, wallClock);
    }

    /** Where the files of a run's ranks are. */
    public static Path folder(Path runDirectory) {
        return runDirectory.resolve(FOLDER);
    }
}
