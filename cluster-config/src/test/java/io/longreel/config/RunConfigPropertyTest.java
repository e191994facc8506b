package io.longreel.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.typesafe.config.ConfigFactory;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.StageSettings.Phase;
import io.longreel.config.StageSettings.Source;
import io.longreel.config.topology.Mesh;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations drawn at random, each valid, each written and read again. The seed is the test's parameter. */
final class RunConfigPropertyTest {
    private static RecoverySettings recovery(RandomGenerator random) {
        return new RecoverySettings(
                random.nextInt(9),
                random.nextInt(9),
                Duration.ofMillis(from(random, 1, 9999)),
                Duration.ofSeconds(from(random, 1, 999)),
                Duration.ofSeconds(from(random, 1, 999)),
                random.nextBoolean(),
                random.nextInt(9),
                random.nextInt(99),
                random.nextDouble(0.001, 1),
                new RecoverySettings.Quarantine(
                        from(random, 1, 9),
                        Duration.ofSeconds(from(random, 1, 99)),
                        Duration.ofSeconds(from(random, 1, 99))),
                new RecoverySettings.Guard(random.nextBoolean(), random.nextInt(9), random.nextInt(99)));
    }

    private static final int DRAWS = 20;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldLoadToTheSameRecordsWhenRendered(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < DRAWS; i++) {
            RunConfig drawn = draw(random);
            String text = RunConfigLoader.render(drawn);
            RunConfig read = RunConfigLoader.parse(text, "drawn", List.of());
            assertEquals(withoutText(drawn), withoutText(read), () -> "seed=" + seed + System.lineSeparator() + text);
            assertEquals(text, RunConfigLoader.render(read));
        }
    }

    /** The records alone: a drawn configuration has no text yet. */
    private static RunConfig withoutText(RunConfig config) {
        return config.withResolved(ConfigFactory.empty());
    }

    private static LinkLimits.Limit limit(RandomGenerator random) {
        return new LinkLimits.Limit(
                random.nextBoolean() ? random.nextLong(1 << 20, 1L << 40) : 0, Duration.ofMillis(from(random, 0, 500)));
    }

    private static RunConfig draw(RandomGenerator random) {
        Mesh mesh = new Mesh(
                from(random, 1, 3),
                from(random, 1, 4),
                from(random, 1, 4),
                one(random, EnumSet.allOf(Mesh.Inner.class)));
        ModelSettings.Architecture architecture = architecture(random, mesh);
        List<StageSettings> stages = IntStream.range(0, from(random, 1, 3))
                .mapToObj(i -> stage(random, i, mesh))
                .toList();
        return new RunConfig(
                "run-" + random.nextInt(100),
                random.nextLong(),
                Path.of("/tmp/with space/\"quoted\"", "r" + random.nextInt(9)),
                new ClusterSettings(
                        "host" + random.nextInt(9),
                        random.nextInt(65_536),
                        mesh.worldSize() / mesh.innerDegree(),
                        mesh.innerDegree(),
                        duration(random),
                        from(random, 1, 4),
                        tls(random)),
                mesh,
                random.nextBoolean(),
                new ShardingSettings(
                        one(random, EnumSet.allOf(ShardingSettings.Layout.class)),
                        one(random, EnumSet.allOf(ShardingSettings.Stages.class)),
                        one(random, EnumSet.allOf(ShardingSettings.State.class))),
                new PrecisionSettings(
                        one(random, EnumSet.allOf(PrecisionSettings.Weights.class)),
                        one(random, EnumSet.allOf(PrecisionSettings.Exchange.class)),
                        one(random, EnumSet.allOf(PrecisionSettings.Products.class)),
                        one(random, EnumSet.allOf(PrecisionSettings.Sums.class))),
                new RecomputeSettings(
                        from(random, -1, architecture.llm().layers()), random.nextBoolean(), random.nextBoolean()),
                attention(random),
                new TransportSettings(
                        one(random, EnumSet.allOf(TransportSettings.IntraNode.class)),
                        from(random, 4096, 1 << 30),
                        32 * from(random, 32, 2047),
                        1 << from(random, 19, 30),
                        duration(random),
                        new LinkLimits(limit(random), limit(random))),
                ModelSettings.fresh(architecture),
                new DataSettings(
                        List.of(),
                        new DataSettings.Sampling(from(random, 2, 9999), random.nextInt(60) / 4.0),
                        new DataSettings.GeneratedFootage(
                                from(random, 1, 9999),
                                2 * from(random, 8, 999),
                                2 * from(random, 8, 999),
                                from(random, 1, 240)),
                        (1 << 20) + random.nextLong(1L << 40),
                        random.nextLong(1L << 40),
                        random.nextInt(9),
                        Map.of(),
                        one(random, EnumSet.allOf(DataSettings.Damaged.class)),
                        new DataSettings.Prompt(
                                random.nextBoolean() ? Optional.of(Path.of("/models/a b")) : Optional.empty(),
                                random.nextBoolean() ? Optional.of("plain") : Optional.empty(),
                                random.nextBoolean() ? Optional.of("") : Optional.empty(),
                                random.nextBoolean() ? Optional.of("\n") : Optional.empty())),
                new CheckpointSettings(random.nextInt(99), from(random, 1, 9)),
                recovery(random),
                stages,
                new TraceSettings(from(random, 0, 99), from(random, 0, 99)),
                new DashboardSettings(
                        "watch" + random.nextInt(9),
                        random.nextInt(65_537) - 1,
                        one(random, EnumSet.allOf(DashboardSettings.Controls.class)),
                        random.nextBoolean()),
                new InferenceSettings(
                        from(random, 1 << 16, 1 << 30),
                        random.nextBoolean(),
                        from(random, 16, 9999),
                        from(random, 1, 99),
                        from(random, 1, 9),
                        from(random, 0, 9999)),
                serve(random),
                chaos(random, mesh, stages),
                ConfigFactory.empty());
    }

    private static ServeSettings serve(RandomGenerator random) {
        int newTokensMax = from(random, 1, 9999);
        long bytesMax = random.nextLong(1 << 10, 1L << 40);
        return new ServeSettings(
                "host" + random.nextInt(9),
                random.nextInt(65_536),
                from(random, 1 << 10, 1 << 30),
                from(random, 1, 999),
                newTokensMax,
                from(random, 1, newTokensMax),
                duration(random),
                duration(random),
                random.nextBoolean() ? Optional.empty() : Optional.of(Path.of("/keys/api key")),
                new ServeSettings.Media(
                        random.nextBoolean() ? List.of() : List.of(Path.of("/data/a b"), Path.of("/videos")),
                        random.nextBoolean(),
                        random.nextBoolean() ? List.of() : List.of("media.example.org", "[::1]:8080", "10.0.0.5"),
                        random.nextInt(99),
                        bytesMax,
                        bytesMax + random.nextLong(1L << 40),
                        duration(random)));
    }

    private static ChaosSettings chaos(RandomGenerator random, Mesh mesh, List<StageSettings> stages) {
        return new ChaosSettings(
                random.nextLong(),
                random.nextBoolean(),
                IntStream.range(0, random.nextInt(3))
                        .mapToObj(i -> fault(random, mesh, stages))
                        .toList());
    }

    private static ChaosSettings.Fault fault(RandomGenerator random, Mesh mesh, List<StageSettings> stages) {
        ChaosSettings.Action action = one(random, EnumSet.allOf(ChaosSettings.Action.class));
        ChaosSettings.Phase phase = one(random, EnumSet.allOf(ChaosSettings.Phase.class));
        int stage = random.nextInt(stages.size());
        return new ChaosSettings.Fault(
                new ChaosSettings.At(
                        random.nextBoolean() ? OptionalInt.of(random.nextInt(mesh.worldSize())) : OptionalInt.empty(),
                        random.nextBoolean() ? Optional.of("node-" + random.nextInt(9)) : Optional.empty(),
                        stage,
                        random.nextInt(stages.get(stage).steps()),
                        from(random, 1, 9),
                        switch (action) {
                            case NAN -> ChaosSettings.Phase.DATA;
                            case BIT_FLIP -> ChaosSettings.Phase.OPTIMIZER;
                            case KILL, STOP, HANG, SLOW, FAIL, CORRUPT, DROP, DUPLICATE, DELAY, PARTITION -> phase;
                        },
                        from(random, 1, 9)),
                action,
                duration(random),
                random.nextInt(3),
                List.of(random.nextInt(mesh.worldSize())),
                random.nextBoolean(),
                random.nextDouble(0.01, 1),
                random.nextInt(3));
    }

    private static Optional<TlsSettings> tls(RandomGenerator random) {
        return random.nextBoolean()
                ? Optional.empty()
                : Optional.of(new TlsSettings(
                        Path.of("/keys/own.p12"),
                        Path.of("/keys/trusted.p12"),
                        random.nextBoolean() ? Optional.empty() : Optional.of(Path.of("/keys/password"))));
    }

    private static AttentionSettings attention(RandomGenerator random) {
        OptionalInt window = random.nextBoolean() ? OptionalInt.of(random.nextInt(9999)) : OptionalInt.empty();
        return new AttentionSettings(
                one(random, EnumSet.allOf(AttentionSettings.Mask.class)),
                window,
                window.isPresent() ? random.nextInt(99) : 0,
                random.nextBoolean()
                        ? Optional.of(new AttentionSettings.BlockSparse(
                                from(random, 1, 999), from(random, 1, 9), from(random, 1, 99)))
                        : Optional.empty());
    }

    private static ModelSettings.Architecture architecture(RandomGenerator random, Mesh mesh) {
        int visionHeads = from(random, 1, 4);
        int kvHeads = from(random, 1, 3);
        int heads = kvHeads * (mesh.ulyssesDegree() + random.nextInt(3));
        int visionLayers = from(random, 1, 9);
        int patch = from(random, 1, 16);
        return new ModelSettings.Architecture(
                new ModelSettings.Vision(
                        visionHeads * from(random, 1, 99),
                        from(random, 1, 999),
                        visionLayers,
                        visionHeads,
                        patch * from(random, 1, 3) + random.nextInt(patch),
                        patch,
                        from(random, -visionLayers - 1, visionLayers)),
                new ModelSettings.Llm(
                        320 + random.nextInt(9999),
                        2 * heads * from(random, 1, 64),
                        from(random, 1, 999),
                        from(random, 1, 99),
                        heads,
                        kvHeads,
                        1 << 20,
                        1.5 + random.nextDouble() * 1e9,
                        random.nextDouble(1e-9, 1e-3),
                        random.nextBoolean()));
    }

    private static StageSettings stage(RandomGenerator random, int index, Mesh mesh) {
        boolean adapters = random.nextBoolean();
        Set<Part> trainable = EnumSet.of(
                adapters ? Part.LORA : Part.LLM,
                one(random, EnumSet.of(Part.VISION_TOWER, Part.PROJECTOR)),
                one(random, EnumSet.of(Part.NORMS, Part.EMBEDDING)));
        return new StageSettings(
                "stage-" + index,
                trainable,
                adapters
                        ? Optional.of(new StageSettings.Lora(from(random, 1, 64), 0.1 + random.nextDouble(99)))
                        : Optional.empty(),
                65_536 + random.nextInt(1000),
                new StageSettings.Optimizer(
                        random.nextDouble(), random.nextDouble(), 1e-12 + random.nextDouble(), random.nextDouble(), 0),
                IntStream.range(0, from(random, 1, 3))
                        .mapToObj(i -> phase(random, i, mesh, trainable))
                        .toList(),
                random.nextBoolean()
                        ? Optional.of(new StageSettings.Needle(
                                "needle-" + index,
                                List.of(from(random, 1, 999)),
                                from(random, 1, 9),
                                from(random, 1, 9)))
                        : Optional.empty(),
                random.nextBoolean());
    }

    private static LearningRates rates(RandomGenerator random, Set<Part> trainable) {
        Map<Part, Double> own = new EnumMap<>(Part.class);
        trainable.stream()
                .sorted()
                .filter(part -> random.nextBoolean())
                .forEach(part -> own.put(part, random.nextDouble(1e-9, 1)));
        return new LearningRates(1e-9 + random.nextDouble(), own);
    }

    private static Phase phase(RandomGenerator random, int index, Mesh mesh, Set<Part> trainable) {
        Source source = switch (random.nextInt(4)) {
            case 0 -> new Source.Captions();
            case 1 -> new Source.NeedleQuestions(List.of(from(random, 1, 999), from(random, 1, 999)));
            case 2 ->
                new Source.Dataset(
                        "a+b*3+c@part",
                        random.nextBoolean() ? Map.of() : Map.of("a", 0.5, "b", 1 + random.nextDouble(), "c", 3.0),
                        random.nextBoolean(),
                        from(random, 1, 4096),
                        random.nextInt(9) / 2.0,
                        one(random, EnumSet.allOf(StageSettings.Aspect.class)),
                        from(random, 1, 40));
            default -> new Source.Passkeys(from(random, 64, 999), from(random, 1000, 65_536));
        };
        return new Phase(
                "phase-" + index,
                from(random, 1, 999),
                mesh.dataDegree() + random.nextInt(9),
                rates(random, trainable),
                one(random, EnumSet.allOf(StageSettings.Schedule.class)),
                random.nextInt(99),
                random.nextDouble(),
                new StageSettings.Rope(
                        random.nextBoolean() ? Optional.of(1 + random.nextDouble(1e9)) : Optional.empty(),
                        random.nextBoolean() ? Optional.of(1 + random.nextDouble(9)) : Optional.empty()),
                source);
    }

    private static Duration duration(RandomGenerator random) {
        return switch (random.nextInt(3)) {
            case 0 -> Duration.ofSeconds(from(random, 1, 999));
            case 1 -> Duration.ofMillis(from(random, 1, 99_999));
            default -> Duration.ofNanos(from(random, 1, Integer.MAX_VALUE - 1));
        };
    }

    private static <E extends Enum<E>> E one(RandomGenerator random, Set<E> all) {
        return all.stream().skip(random.nextInt(all.size())).findFirst().orElseThrow();
    }

    private static int from(RandomGenerator random, int low, int high) {
        return random.nextInt(low, high + 1);
    }
}
