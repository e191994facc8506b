package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.plan.MemoryPlan;
import io.longreel.runtime.plan.RankPlan;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code plan CONF}: the memory of a rank in every phase of a run, before anything of it is allocated. Touches nothing. */
@Command(
        name = "plan",
        description = "Computes the memory of a rank in every phase of a run, to the byte, and allocates nothing.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class PlanCommand implements Callable<Integer> {
    /** Ranks of the largest mesh of which all are planned when none is named. */
    private static final int RANKS_MAX = 16;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Parameters(
            paramLabel = "CONF",
            description = "HOCON file, or one of the presets: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Presets.class)
    private String source = "";

    @Option(
            names = "--rank",
            paramLabel = "N",
            description = "Rank to plan (default: the one that needs most; rank 0 where there are more than "
                    + RANKS_MAX + ").")
    private @Nullable Integer rank;

    @Option(names = "--json", description = "One JSON object, in bytes.")
    private boolean json;

    @Override
    public Integer call() {
        // Samples of a given seed have the same sizes whatever footage they are cut from: it need not be there yet.
        RunConfig config = options.load(source, "data.footage=[]");
        RankPlan plan = RankPlan.largest(MemoryPlan.of(config, ranks(config)));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(PlanTable.json(config, plan));
        } else {
            PlanTable.of(config, plan, which(config, plan)).forEach(out::println);
        }
        out.flush();
        return Main.OK;
    }

    private List<Integer> ranks(RunConfig config) {
        int worldSize = config.mesh().worldSize();
        Integer named = rank;
        if (named == null) {
            return IntStream.range(0, worldSize > RANKS_MAX ? 1 : worldSize)
                    .boxed()
                    .toList();
        }
        if (named < 0 || named >= worldSize) {
            throw RuntimeFailure.config("--rank must lie in the mesh: rank=%d worldSize=%d (%s)"
                    .formatted(named, worldSize, config.mesh()));
        }
        return List.of(named);
    }

    private String which(RunConfig config, RankPlan plan) {
        int worldSize = config.mesh().worldSize();
        if (rank != null) {
            return "rank %d of %d".formatted(plan.rank(), worldSize);
        }
        return worldSize > RANKS_MAX
                ? "rank %d of %d (name another with --rank)".formatted(plan.rank(), worldSize)
                : "rank %d of %d, which needs most".formatted(plan.rank(), worldSize);
    }
}
