package io.longreel.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.longreel.config.AttentionSettings.BlockSparse;
import io.longreel.config.AttentionSettings.Mask;
import io.longreel.config.PrecisionSettings.Exchange;
import io.longreel.config.PrecisionSettings.Products;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.PrecisionSettings.Weights;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads how a step is spread over the ranks and computed there: mesh, sharding, precision, recomputation and the mask of attention. One
 * thread, for the duration of one load; what it returns is only meant for use when no fault was found.
 */
final class ParallelismReader {
    private static final String AUTO = "auto";

    private final ConfigReader root;
    private final Faults faults;
    private ConfigReader meshSection;

    ParallelismReader(ConfigReader root) {
        this.root = root;
        this.faults = root.faults();
        this.meshSection = root;
    }

    /** @param planned whether the planner has chosen it */
    record Written(Mesh mesh, boolean planned) {}

    /**
     * The mesh as it is written; {@link #judge} says whether it fits. Empty: the planner is to choose.
     *
     * @param defaults of the group's keys
     */
    Optional<Written> mesh(ConfigObject defaults) {
        ConfigValue value = root.object().get("mesh");
        if (value != null && value.valueType() == ConfigValueType.STRING) {
            String word = root.text("mesh");
            faults.require(word.equals(AUTO), root, "mesh", "must be auto or a group of keys { ... }, not " + word);
            return Optional.empty();
        }
        ConfigReader section = root.object("mesh")
                .map(group -> root.child(ConfigReader.filled(group, defaults), root.pathOf("mesh")))
                .orElseGet(() -> root.section("mesh"));
        meshSection = section;
        Mesh mesh = new Mesh(
                section.integer("data", 1, MeshAdvice.RANKS_MAX),
                section.integer("ring", 1, MeshAdvice.RANKS_MAX),
                section.integer("ulysses", 1, MeshAdvice.RANKS_MAX),
                section.choice("inner", Mesh.Inner.class));
        return Optional.of(new Written(mesh, section.flag("planned")));
    }

    /** The rules that relate the mesh to the cluster and to the model. */
    void judge(Mesh mesh, ClusterSettings cluster, MeshAdvice advice) {
        ConfigReader section = meshSection;
        String clusterPath = root.pathOf("cluster");
        String hint = advice.hint(mesh);
        faults.require(
                mesh.worldSize() <= MeshAdvice.RANKS_MAX,
                root,
                "mesh",
                "must have at most %d ranks: data * ring * ulysses = %d%s"
                        .formatted(MeshAdvice.RANKS_MAX, mesh.worldSize(), hint));
        faults.require(
                mesh.worldSize() == advice.ranks(),
                root,
                "mesh",
                "must have as many ranks as the cluster: data * ring * ulysses = %d * %d * %d = %d, but nodes * ranks-per-node = %d * %d = %d%s"
                        .formatted(
                                mesh.dataDegree(),
                                mesh.ringDegree(),
                                mesh.ulyssesDegree(),
                                mesh.worldSize(),
                                cluster.nodes(),
                                cluster.ranksPerNode(),
                                advice.ranks(),
                                hint),
                clusterPath);
        faults.require(
                mesh.ulyssesDegree() <= advice.heads(),
                section,
                "ulysses",
                "must not exceed the query heads of the model: ulysses=%d heads=%d%s"
                        .formatted(mesh.ulyssesDegree(), advice.heads(), hint),
                root.pathOf("model"));
        boolean ulyssesInside = mesh.inner() == Mesh.Inner.ULYSSES;
        String inner = Words.of(mesh.inner());
        faults.require(
                cluster.ranksPerNode() % mesh.innerDegree() == 0,
                section,
                inner,
                "must divide cluster.ranks-per-node, or a %s group would straddle nodes: %s=%d ranks-per-node=%d%s"
                        .formatted(
                                ulyssesInside ? "Ulysses" : "ring",
                                inner,
                                mesh.innerDegree(),
                                cluster.ranksPerNode(),
                                hint),
                clusterPath);
    }

    ShardingSettings sharding() {
        ConfigReader section = root.section("sharding");
        return new ShardingSettings(
                section.choice("layout", Layout.class),
                section.choice("stages", Stages.class),
                section.choice("state", State.class));
    }

    PrecisionSettings precision() {
        ConfigReader section = root.section("precision");
        return new PrecisionSettings(
                section.choice("weights", Weights.class),
                section.choice("exchange", Exchange.class),
                section.choice("products", Products.class),
                section.choice("sums", Sums.class));
    }

    RecomputeSettings recompute(ModelSettings model) {
        ConfigReader section = root.section("recompute");
        int layers = section.integerOr("layers", "all", RecomputeSettings.ALL, 0);
        model.architecture()
                .ifPresent(architecture -> faults.require(
                        layers <= architecture.llm().layers(),
                        section,
                        "layers",
                        "must not exceed the decoder's layers: layers=%d, the model has %d; all = every layer"
                                .formatted(layers, architecture.llm().layers()),
                        root.pathOf("model")));
        return new RecomputeSettings(layers, section.flag("keep-attention"), section.flag("vision"));
    }

    AttentionSettings attention() {
        ConfigReader section = root.section("attention");
        Mask mask = section.choice("mask", Mask.class);
        OptionalInt window = section.isNull("window")
                ? OptionalInt.empty()
                : OptionalInt.of(section.integer("window", 0, Integer.MAX_VALUE));
        int sinks = section.integer("sinks", 0, Integer.MAX_VALUE);
        faults.require(
                sinks == 0 || window.isPresent(),
                section,
                "sinks",
                "is only for attention with a window, without one every token stays visible; give a window or remove this",
                section.pathOf("window"));
        Optional<BlockSparse> blockSparse =
                section.isNull("block-sparse") ? Optional.empty() : Optional.of(blockSparse(section));
        return new AttentionSettings(mask, window, sinks, blockSparse);
    }

    private static BlockSparse blockSparse(ConfigReader attention) {
        ConfigReader section = attention.section("block-sparse");
        return new BlockSparse(
                section.integer("block", 1, Integer.MAX_VALUE),
                section.integer("local", 1, Integer.MAX_VALUE),
                section.integer("stride", 1, Integer.MAX_VALUE));
    }
}
