package io.longreel.runtime.web;

import io.longreel.config.RunConfig;
import io.longreel.runtime.metrics.Reading;
import io.longreel.runtime.metrics.RunNumbers;
import io.longreel.runtime.supervisor.RunNews;
import java.time.InstantSource;
import java.util.function.Consumer;

/** What is known of a run, for those who ask. Taking news in costs the recorder's thread no more than a few sums. Any thread. */
public final class RunBoard implements Consumer<RunNews> {
    private final String runName;
    private final RunNumbers numbers;
    private final InstantSource clock;
    private volatile RunPhase phase = RunPhase.STARTING;

    public RunBoard(RunConfig config, InstantSource clock) {
        this.runName = config.name();
        this.numbers = new RunNumbers(config.mesh().worldSize());
        this.clock = clock;
    }

    @Override
    public synchronized void accept(RunNews news) {
        numbers.learn(news, clock.millis());
        phase = phase.after(news);
    }

    String runName() {
        return runName;
    }

    RunPhase phase() {
        return phase;
    }

    /** The run's numbers now. */
    public Reading reading() {
        return numbers.reading(clock.millis());
    }
}
