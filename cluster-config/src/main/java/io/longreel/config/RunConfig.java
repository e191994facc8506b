package io.longreel.config;

import com.typesafe.config.Config;
import io.longreel.config.topology.Mesh;
import java.nio.file.Path;
import java.util.List;

/**
 * Everything that describes one run, read once from HOCON by {@link RunConfigLoader} and never changed. Nobody else reads {@link Config}.
 *
 * @param name short name, for logs and file names
 * @param seed root of every random stream of the run
 * @param out run directory
 * @param meshPlanned whether the planner has chosen the mesh, and chooses again when nodes are lost
 * @param stages in the order in which they train
 * @param trace what is recorded as a timeline
 * @param dashboard where a run that trains shows itself
 * @param inference how the mesh answers questions
 * @param serve how questions come in over HTTP
 * @param chaos faults on purpose; none in a run that is meant to train
 * @param resolved the whole configuration as resolved, for {@code OUT/run.conf} and the report
 */
public record RunConfig(
        String name,
        long seed,
        Path out,
        ClusterSettings cluster,
        Mesh mesh,
        boolean meshPlanned,
        ShardingSettings sharding,
        PrecisionSettings precision,
        RecomputeSettings recompute,
        AttentionSettings attention,
        TransportSettings transport,
        ModelSettings model,
        DataSettings data,
        CheckpointSettings checkpoint,
        RecoverySettings recovery,
        List<StageSettings> stages,
        TraceSettings trace,
        DashboardSettings dashboard,
        InferenceSettings inference,
        ServeSettings serve,
        ChaosSettings chaos,
        Config resolved) {

    public RunConfig {
        stages = List.copyOf(stages);
    }

    /** Whether nothing is trained: the model of its checkpoint answers questions. */
    public boolean serves() {
        return stages.isEmpty();
    }

    /** The same records with another text. */
    RunConfig withResolved(Config text) {
        return new RunConfig(
                name,
                seed,
                out,
                cluster,
                mesh,
                meshPlanned,
                sharding,
                precision,
                recompute,
                attention,
                transport,
                model,
                data,
                checkpoint,
                recovery,
                stages,
                trace,
                dashboard,
                inference,
                serve,
                chaos,
                text);
    }
}
