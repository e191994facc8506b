package io.longreel.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.StageSettings.Source;
import io.longreel.config.topology.Mesh;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class RunConfigLoaderTest {
    static List<String> presets() {
        return RunConfigLoader.presets();
    }

    @ParameterizedTest
    @MethodSource("presets")
    void shouldLoadToTheSameConfigWhenRendered(String preset, @TempDir Path folder) throws IOException {
        RunConfig config = RunConfigLoader.load(preset, List.of());
        Path file = Files.writeString(folder.resolve("run.conf"), RunConfigLoader.render(config));
        assertEquals(config, RunConfigLoader.load(file, List.of()));
        assertEquals(config, RunConfigLoader.parse(RunConfigLoader.explain(config), "explained", List.of()));
    }

    @Test
    void shouldNameEveryPresetWhenAskedForThem() throws IOException {
        URI demo = URI.create(
                RunConfigLoaderTest.class.getResource("/conf/demo.conf").toString());
        try (Stream<Path> files = Files.list(Path.of(demo).resolveSibling(""))) {
            List<String> names = files.map(f -> f.getFileName().toString())
                    .filter(n -> n.endsWith(".conf"))
                    .map(n -> n.replace(".conf", ""))
                    .sorted()
                    .toList();
            assertEquals(names, RunConfigLoader.presets());
        }
    }

    @Test
    void shouldGiveTheFiveStagesWhenDemoIsLoaded() {
        RunConfig demo = RunConfigLoader.load("demo", List.of());
        assertEquals(new Mesh(1, 2, 2), demo.mesh());
        assertEquals(
                List.of("1-align", "2-pretrain", "3-short-sft", "4-extend", "5-long-sft"),
                demo.stages().stream().map(StageSettings::name).toList());
        assertEquals(
                List.of(100, 300, 600, 140, 300),
                demo.stages().stream().map(StageSettings::steps).toList());
        StageSettings extend = demo.stages().get(3);
        assertEquals(Set.of(Part.LORA, Part.NORMS, Part.EMBEDDING), extend.trainable());
        assertEquals(Optional.of(new StageSettings.Lora(8, 16)), extend.lora());
        assertEquals(new Source.Passkeys(512, 2048), extend.phases().get(1).source());
        assertEquals(Optional.of(2e7), extend.phases().get(1).rope().theta());
        StageSettings last = demo.stages().getLast();
        assertEquals(new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0, 1), last.optimizer());
        assertEquals(
                Optional.of(new StageSettings.Needle("needle-final", List.of(32, 128, 512, 2048, 6000), 6, 5)),
                last.evaluation());
        assertEquals(Path.of("runs/demo").toAbsolutePath(), demo.out());
    }

    /** Specification 5.1 to 5.3, tables of the stages. */
    @Test
    void shouldHaveThePapersValuesInTheFullPresets() {
        RunConfig config = RunConfigLoader.load("longvila-7b", List.of());
        assertEquals(
                List.of(
                        "1-align",
                        "2-pretrain",
                        "3-short-sft",
                        "4-extend-64k",
                        "4-extend-256k",
                        "4-extend-512k",
                        "4-extend-1m",
                        "5-long-sft-2048"),
                config.stages().stream().map(StageSettings::name).toList());
        assertEquals(
                List.of(1e-3, 5e-5, 1e-4, 2e-5, 2e-5, 2e-5, 2e-5, 5e-5),
                config.stages().stream()
                        .map(stage -> stage.phases().getFirst().learningRates().common())
                        .toList());
        assertEquals(
                List.of(2048, 1024, 1024, 4, 16, 16, 4, 128),
                config.stages().stream()
                        .map(stage -> stage.phases().getFirst().samplesPerStep())
                        .toList());
        assertEquals(
                List.of(15_300_000.0, 207_112_184.0, 1_062_356_830.0, 3_580_165_449.0),
                config.stages().stream()
                        .flatMap(stage -> stage.phases().getFirst().rope().theta().stream())
                        .toList());
        StageSettings extend = config.stages().get(4);
        assertEquals(Set.of(Part.LORA, Part.NORMS, Part.EMBEDDING), extend.trainable());
        assertEquals(StageSettings.Schedule.CONSTANT, extend.phases().getFirst().schedule());
        assertEquals(262_144, extend.contextTokensMax());
        Source.Dataset last =
                (Source.Dataset) config.stages().getLast().phases().getFirst().source();
        assertEquals(2048, last.framesMax());
        assertEquals(2.0, last.framesPerSecondMax());
        assertEquals(
                256,
                ((Source.Dataset) RunConfigLoader.load("longvila-1.5b", List.of())
                                .stages()
                                .getLast()
                                .phases()
                                .getFirst()
                                .source())
                        .framesMax());
    }

    /** A twin has the stages of its elder, in order, with the same parts, schedules and RoPE bases. */
    @Test
    void shouldHaveATinyTwinOfEachFullPreset() {
        List<String> full = RunConfigLoader.presets().stream()
                .filter(name -> RunConfigLoader.presets().contains(name + "-tiny"))
                .toList();
        assertEquals(6, full.size());
        for (String name : full) {
            List<StageSettings> elder = RunConfigLoader.load(name, List.of()).stages();
            List<StageSettings> twin =
                    RunConfigLoader.load(name + "-tiny", List.of()).stages();
            assertEquals(elder.size(), twin.size(), name);
            for (int i = 0; i < elder.size(); i++) {
                StageSettings.Phase phase = elder.get(i).phases().getFirst();
                StageSettings.Phase small = twin.get(i).phases().getFirst();
                assertEquals(elder.get(i).name(), twin.get(i).name());
                assertEquals(elder.get(i).trainable(), twin.get(i).trainable());
                assertEquals(elder.get(i).lora(), twin.get(i).lora());
                assertEquals(elder.get(i).optimizer(), twin.get(i).optimizer());
                assertEquals(phase.schedule(), small.schedule());
                assertEquals(phase.finalFraction(), small.finalFraction());
                assertEquals(phase.rope(), small.rope());
            }
        }
    }

    @Test
    void shouldReadDatasets(@TempDir Path folder) throws IOException {
        Path a = Files.writeString(folder.resolve("a-0.jsonl"), "");
        Path b = Files.writeString(folder.resolve("a-1.jsonl"), "");
        Path bad = Files.writeString(folder.resolve("bad.txt"), "");
        RunConfig config = RunConfigLoader.load(
                "tiny",
                List.of(
                        "data.datasets.caps={files=[\"%s/a-*.jsonl\"],media=\"%s\",subsets={clean={file=\"%s\"}}}"
                                .formatted(folder, folder, bad),
                        "data.damaged=skip",
                        "stages[0].phases[0].source={kind=dataset,mixture=\"caps@clean\",frames-max=4}"));
        assertEquals(
                new DatasetSettings(
                        "caps",
                        DatasetSettings.Format.LLAVA,
                        List.of(a, b),
                        Optional.of(folder),
                        "",
                        Map.of("clean", new DatasetSettings.Subset(bad, true))),
                config.data().datasets().get("caps"));
        assertEquals(DataSettings.Damaged.SKIP, config.data().damaged());
        assertEquals(config, RunConfigLoader.parse(RunConfigLoader.render(config), "rendered", List.of()));
        String message = assertThrows(
                        RuntimeFailure.class,
                        () -> RunConfigLoader.load(
                                "tiny", List.of("data.datasets.caps={files=[\"%s/b-*.jsonl\"]}".formatted(folder))))
                .getMessage();
        assertTrue(message.contains("data.datasets.caps.files matches no file"), message);
    }

    @Test
    void shouldPutOverridesOnTopWhenTheyNameAnyKey() {
        RunConfig config = RunConfigLoader.load(
                "tiny",
                List.of(
                        "name=other",
                        "longreel.mesh.ring=1",
                        "mesh.ulysses=1",
                        "cluster.nodes=1",
                        "cluster.ranks-per-node=1",
                        "transport.wait-timeout=1500 ms",
                        "stages[0].phases[0].steps=7",
                        "stages[0].phases[0].source.frames=[3, 5]"));
        assertEquals(Path.of("runs/other").toAbsolutePath(), config.out());
        assertEquals(Mesh.single(), config.mesh());
        assertEquals(Duration.ofMillis(1500), config.transport().waitTimeout());
        assertEquals(7, config.stages().getFirst().steps());
        assertEquals(
                new Source.NeedleQuestions(List.of(3, 5)),
                config.stages().getFirst().phases().getFirst().source());
    }

    @Test
    void shouldTrainAsThePaperDoesWhenNothingIsSaidAboutIt() {
        RunConfig demo = RunConfigLoader.load("demo", List.of());
        assertEquals(Mesh.Inner.ULYSSES, demo.mesh().inner());
        assertEquals(
                new ShardingSettings(
                        ShardingSettings.Layout.ZIGZAG, ShardingSettings.Stages.TWO, ShardingSettings.State.OPTIMIZER),
                demo.sharding());
        assertEquals(
                new PrecisionSettings(
                        PrecisionSettings.Weights.FP32, PrecisionSettings.Exchange.FP32, PrecisionSettings.Sums.FAST),
                demo.precision());
        assertEquals(RecomputeSettings.NONE, demo.recompute());
        assertEquals(
                new AttentionSettings(AttentionSettings.Mask.CAUSAL, OptionalInt.empty(), 0, Optional.empty()),
                demo.attention());
    }

    @Test
    void shouldReadTheChoicesWhenTheyAreMade() {
        RunConfig config = RunConfigLoader.load(
                "tiny",
                List.of(
                        "mesh.inner=ring",
                        "sharding={layout=striped,stages=one,state=parameters}",
                        "precision={weights=bf16,exchange=bf16,products=bf16}",
                        "recompute={layers=all,keep-attention=false,vision=true}",
                        "attention={mask=prefix-lm,window=100,sinks=4,block-sparse={block=64,local=4,stride=8}}"));
        assertEquals(new Mesh(1, 2, 2, Mesh.Inner.RING), config.mesh());
        assertEquals(ShardingSettings.Layout.STRIPED, config.sharding().layout());
        assertEquals(ShardingSettings.Stages.ONE, config.sharding().stages());
        assertEquals(ShardingSettings.State.PARAMETERS, config.sharding().state());
        assertEquals(PrecisionSettings.Weights.BF16, config.precision().weights());
        assertEquals(PrecisionSettings.Exchange.BF16, config.precision().exchange());
        assertEquals(PrecisionSettings.Products.BF16, config.precision().products());
        assertEquals(new RecomputeSettings(RecomputeSettings.ALL, false, true), config.recompute());
        assertEquals(
                new AttentionSettings(
                        AttentionSettings.Mask.PREFIX_LM,
                        OptionalInt.of(100),
                        4,
                        Optional.of(new AttentionSettings.BlockSparse(64, 4, 8))),
                config.attention());
        assertEquals(
                PrecisionSettings.Sums.EXACT,
                RunConfigLoader.load("tiny", List.of("precision.sums=exact"))
                        .precision()
                        .sums());
    }

    @Test
    void shouldNameTheMissingKeyWhenAReferenceKeyIsRemoved() {
        Config reference = RunConfigLoader.reference();
        Config user = ConfigFactory.parseString("longreel.stages = [{ name = s, phases = [{}] }]");
        RunConfigLoader.build(user, List.of(), reference);
        for (String path : leaves(reference.root(), "")) {
            // Without stages, the user's stands there; the library's stages are names.
            if (!path.equals("longreel.stages")) {
                RuntimeFailure failure = assertThrows(
                        RuntimeFailure.class,
                        () -> RunConfigLoader.build(user, List.of(), reference.withoutPath(path)),
                        path);
                String key = ConfigUtil.splitPath(path).getLast();
                assertTrue(
                        failure.getMessage().contains(key + " is missing") || path.equals("longreel.name"),
                        () -> path + " -> " + failure.getMessage());
            }
        }
    }

    private static List<String> leaves(ConfigObject object, String path) {
        List<String> leaves = new ArrayList<>();
        for (String key : object.keySet()) {
            String inner = path.isEmpty() ? key : path + "." + ConfigUtil.joinPath(key);
            ConfigValue value = object.get(key);
            if (value instanceof ConfigObject group && !group.isEmpty()) {
                leaves.addAll(leaves(group, inner));
            } else {
                leaves.add(inner);
            }
        }
        return leaves;
    }

    @Test
    void shouldHaveACommentAboveEveryKeyWhenReferenceIsRead() {
        Config reference = RunConfigLoader.reference();
        for (String path : leaves(reference.root(), "")) {
            ConfigValue value = reference.root();
            for (String key : ConfigUtil.splitPath(path)) {
                value = Objects.requireNonNull(((ConfigObject) value).get(key));
            }
            assertFalse(value.origin().comments().isEmpty(), path);
        }
    }
}
