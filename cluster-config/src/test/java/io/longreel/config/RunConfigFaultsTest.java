package io.longreel.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class RunConfigFaultsTest {
    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of("cluster.node=2", "longreel.cluster.node is an unknown key; did you mean nodes?"),
                Arguments.of("stages[0].phases[0].stps=3", "phases[0].stps is an unknown key; did you mean steps?"),
                Arguments.of("stages[4].name=x", "longreel.stages[4].name names a list element that does not exist"),
                Arguments.of("transport.wait-timeout=5", "wait-timeout must be a duration above zero with a unit"),
                Arguments.of("transport.wait-timeout=5 parsecs", "wait-timeout must be a duration"),
                Arguments.of(
                        "transport.limits.inter-node.latency=-1 s",
                        "latency must be a duration with a unit, such as 5 s"),
                Arguments.of("transport.limits.inter-node.latency=1 s", "latency must be at most 500 ms, not 1 s"),
                Arguments.of("transport.limits.intra-node.bandwidth=5 B", "must be 0 B (unlimited) or at least 1 MiB"),
                Arguments.of("transport.limits.intra-node.bandwidth=5", "bandwidth must be a size with a unit"),
                Arguments.of("transport.window=4096", "window must be a size with a unit"),
                Arguments.of("transport.term=17 MiB", "term must be a power of two"),
                Arguments.of("transport.mtu=1410 B", "mtu must be a multiple of 32 B"),
                Arguments.of("transport.intra-node=window", "windows, ipc, not \"window\"; did you mean windows?"),
                Arguments.of("serve.new-tokens-default=5000", "must be at most new-tokens-max = 4096, not 5000"),
                Arguments.of("serve.request-timeout=2 d", "request-timeout must be at most 86400 s, not 172800 s"),
                Arguments.of("serve.media.http=[\"http://host/\"]", "must be hosts, such as media.example.org"),
                Arguments.of(
                        "serve.media.directory-bytes-max=1 MiB", "must be at least bytes-max = 256 MiB, not 1 MiB"),
                Arguments.of("serve.media.roots=[\"\"]", "longreel.serve.media.roots must be a path, not empty"),
                Arguments.of("seed=one", "seed must be a whole number of 64 bits, not \"one\""),
                Arguments.of("mesh.ring=0", "longreel.mesh.ring must be a whole number"),
                Arguments.of(
                        "mesh.ring=3",
                        "data * ring * ulysses = 1 * 3 * 2 = 6, but nodes * ranks-per-node = 2 * 2 = 4; nearest that work:"
                                + " data=1 ring=2 ulysses=2 or data=1 ring=4 ulysses=1 or data=2 ring=1 ulysses=2"),
                Arguments.of(
                        "mesh={data=1,ring=1,ulysses=4}",
                        "or a Ulysses group would straddle nodes: ulysses=4 ranks-per-node=2; nearest that work:"
                                + " data=1 ring=1 ulysses=4 inner=ring or"),
                Arguments.of(
                        "mesh={data=4,ring=1,ulysses=1}",
                        "samples-per-step=2 data=4; nearest that work: data=2 ring=1 ulysses=2 or data=2 ring=2 ulysses=1 or"),
                Arguments.of("mesh={data=1024,ring=4,ulysses=1}", "at most 1024 ranks: data * ring * ulysses = 4096"),
                Arguments.of(
                        "model.architecture.llm={heads=1, kv-heads=1}",
                        "ulysses=2 heads=1; nearest that work: data=1 ring=4 ulysses=1 or"),
                Arguments.of(
                        "mesh={data=1,ring=4,ulysses=1,inner=ring}",
                        "mesh.ring must divide cluster.ranks-per-node, or a ring"),
                Arguments.of("mesh.inner=data", "inner must be one of ulysses, ring, not \"data\""),
                Arguments.of(
                        "sharding.layout=zickzack",
                        "contiguous, zigzag, striped, not \"zickzack\"; did you mean zigzag"),
                Arguments.of("sharding.stages=1", "stages must be one of two, one, not \"1\""),
                Arguments.of("sharding.state=zero-3", "state must be one of optimizer, gradients, parameters"),
                Arguments.of("precision.products=int8", "products must be one of fp32, bf16, not \"int8\""),
                Arguments.of("precision.weights=fp16", "weights must be one of fp32, bf16, not \"fp16\""),
                Arguments.of("recompute.layers=some", "layers must be a whole number at least 0, or all, not \"some\""),
                Arguments.of("recompute.layers=-1", "layers must be a whole number at least 0, not \"-1\""),
                Arguments.of("recompute.layers=5", "must not exceed the decoder's layers: layers=5, the model has 4"),
                Arguments.of("recompute.keep-attention=1", "keep-attention must be true or false"),
                Arguments.of("attention.mask=prefix", "must be one of causal, full, prefix-lm, not \"prefix\""),
                Arguments.of("attention.window=-1", "window must be a whole number at least 0"),
                Arguments.of("attention.sinks=4", "sinks is only for attention with a window"),
                Arguments.of(
                        "attention.block-sparse={block=64,local=4}",
                        "block-sparse.stride is missing and has no default"),
                Arguments.of(
                        "attention.block-sparse={block=64,local=4,stride=8,strid=1}",
                        "block-sparse.strid is an unknown key; did you mean stride?"),
                Arguments.of("attention.block-sparse=64", "block-sparse must be a group of keys { ... }, not \"64\""),
                Arguments.of("model.architecture.llm.heads=6", "hidden-size must be a multiple of heads"),
                Arguments.of("model.architecture.vision.select-layer=-5", "must name one of the 4 hidden states"),
                Arguments.of("model.checkpoint=/nowhere", "but there is no /nowhere/config.json"),
                Arguments.of("model.parts.projector=/nowhere", "parts must name llm and vision-tower"),
                Arguments.of("data.footage=[/nowhere.mp4]", "names a video that cannot be read: /nowhere.mp4"),
                Arguments.of("data.footage=/nowhere.mp4", "footage must be a list"),
                Arguments.of("checkpoint.keep=0", "keep must be a whole number at least 1"),
                Arguments.of("stages=[]", "stages must list at least one stage"),
                Arguments.of("stages=[1-algn]", "names no stage of stage-library: \"1-algn\""),
                Arguments.of("stages[0].lora.rank=8", "lora is only for a stage whose trainable names lora"),
                Arguments.of("stages[0].trainable=[lora, llm]", "must not name both lora and llm"),
                Arguments.of("stages[0].trainable=[decoder]", "must be one of vision-tower, projector"),
                Arguments.of("stages[0].phases=[]", "phases must list at least one phase"),
                Arguments.of("stages[0].phases[0].learning-rate=0", "learning-rate must be a number above 0"),
                Arguments.of(
                        "stages[0].phases[0].learning-rates.lora=1e-3",
                        "must name what phases[0] gives a learning rate of its own: learning-rates.lora is there"),
                Arguments.of("stages[0].phases[0].learning-rates.projector=0", "projector must be a number above 0"),
                Arguments.of("stages[0].phases[0].learning-rates.vision=1", "vision is an unknown key"),
                Arguments.of("stages[0].phases[0].rope-scale=0.5", "rope-scale must be a number of at least 1"),
                Arguments.of("stages[0].phases[0].schedule=linear", "must be one of constant, cosine"),
                Arguments.of("stages[0].phases[0].final-fraction=2", "of at least 0 and at most 1"),
                Arguments.of("stages[0].phases[0].source.frames=[]", "frames must list at least one length"),
                Arguments.of("stages[0].phases[0].source.frames=[0]", "frames must be a whole number at least 1"),
                Arguments.of("stages[0].phases[0].source.tokens-min=80", "is for kind = passkeys, but the kind is"),
                Arguments.of(
                        "stages[0].phases[0].source.frames=[512]", "context-tokens-max=2048, at least 2053 needed"),
                Arguments.of("stages[0].context-tokens-max=70000", "must not exceed the model's max-positions"),
                Arguments.of("stages[0].evaluation={frames=[20000]}", "20000 frames take 80005 tokens"),
                Arguments.of("stages[0].evaluation={frames=[2], depths=0}", "depths must be a whole number"),
                Arguments.of("stage-defaults.optimizer.beta1=1", "of at least 0 and below 1, not \"1\""),
                Arguments.of("chaos.faults=[kill]", "chaos.faults[0] must be a fault { at { ... }, do = ... }"),
                Arguments.of("chaos.faults=[{do=kil}]", "must be one of kill, stop"),
                Arguments.of("chaos.faults=[{at={rang=1}}]", "faults[0].at.rang is an unknown key; did you mean rank?"),
                Arguments.of("chaos.faults=[{at={rank=4}}]", "at.rank must be a rank of the mesh"),
                Arguments.of("chaos.faults=[{at={stage=1}}]", "at.stage must be the index of a stage"),
                Arguments.of("chaos.faults=[{at={step=31}}]", "step=31, the stage has 30 steps"),
                Arguments.of("chaos.faults=[{do=nan}]", "must be one of data, backward for do = nan, not idle"),
                Arguments.of("chaos.faults=[{for=3}]", "for must be a duration above zero with a unit"),
                Arguments.of("name=a b", "must start with a letter or digit"),
                Arguments.of("mesh=2", "longreel.mesh must be auto or a group of keys"),
                Arguments.of("nothing", "--set: nothing must be key=value"),
                Arguments.of("mesh={ring=", "is not a valid HOCON value"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void shouldSayWhatIsWrongInOneLineWhenAnOverrideIs(String override, String expected) {
        RuntimeFailure failure =
                assertThrows(RuntimeFailure.class, () -> RunConfigLoader.load("tiny", List.of(override)));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertTrue(failure.getMessage().contains(expected), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
    }

    @Test
    void shouldGiveFileAndLineOfEveryFaultWhenAFileHasSeveral(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("bad.conf"), """
                include classpath("conf/tiny.conf")
                longreel {
                  sed = 3
                  transport.term = 3 MiB
                  stages = [
                    { name = a, phases = [{ steps = 3 }, { step = 4 }] }
                  ]
                }
                longrel.name = x
                """);
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> RunConfigLoader.load(file, List.of()));
        assertEquals("""
                %1$s:9: longrel is an unknown key; everything stands inside longreel { ... }
                %1$s:4: longreel.transport.term must be a power of two, such as 16 MiB, not 3 MiB
                %1$s:3: longreel.sed is an unknown key; did you mean seed?
                %1$s:6: longreel.stages[0].phases[1].step is an unknown key; did you mean steps?""".formatted(file), failure.getMessage());
    }

    @Test
    void shouldSayWhereWhenTheTextIsNotHocon() {
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class, () -> RunConfigLoader.parse("longreel { name = ", "typed", List.of()));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertTrue(
                failure.getMessage().startsWith("the configuration is not valid HOCON: typed: 1"),
                failure.getMessage());
    }

    @Test
    void shouldPointAtTheUsersLineWhenAGroupIsMadeOfLayers() {
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class,
                () -> RunConfigLoader.parse("longreel {\n mesh {\n  data = 2 }\n}", "typed", List.of()));
        assertTrue(failure.getMessage().contains("typed: 3: longreel.mesh must have as many"), failure.getMessage());
        assertTrue(failure.getMessage().contains("default in "), failure.getMessage());
    }

    @Test
    void shouldSuggestThePresetWhenTheNameIsNearOne() {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> RunConfigLoader.load("dmo", List.of()));
        assertTrue(failure.getMessage().endsWith("; did you mean the preset demo?"), failure.getMessage());
    }

    @Test
    void shouldFindMistakesInAStageThatNoRunLists() {
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class,
                () -> RunConfigLoader.load("demo", List.of("stage-library.3-and-5-sft.contxt-tokens=4")));
        assertEquals(
                "--set stage-library.3-and-5-sft.contxt-tokens=4: longreel.stage-library.3-and-5-sft.contxt-tokens"
                        + " is an unknown key; did you mean context-tokens-max?",
                failure.getMessage());
    }
}
