package io.longreel.runtime.serving;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.runtime.rank.RankWorkFactory;
import io.longreel.runtime.rank.SpareTime;
import io.longreel.runtime.rank.TrainingWorkFactory;
import io.longreel.runtime.rank.WorkInstruments;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.ClassicActorSystemProvider;

/** What a worker does in a job: it trains, or it answers, as the configuration that it is welcomed with says. Stateless. */
public final class NodeWork {
    private NodeWork() {}

    /**
     * @param instruments what watches or disturbs the ranks of a run
     * @param spareTime ended when the process is warm or needed
     */
    public static RankWorkFactory.Opener opener(
            ClassicActorSystemProvider system,
            Function<RunConfig, WorkInstruments> instruments,
            SpareTime spareTime,
            LongSupplier clockNs) {
        RankWorkFactory.Opener training = TrainingWorkFactory.opener(system, instruments, spareTime, clockNs);
        return (configText, host) -> {
            RunConfig config = RunConfigLoader.parse(configText, "the seed's configuration", List.of());
            return config.serves()
                    ? ServingWorkFactory.open(config, host, instruments.apply(config), spareTime, clockNs)
                    : training.open(configText, host);
        };
    }
}
