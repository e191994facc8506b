package io.longreel.curriculum;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.curriculum.text.ByteTokenizer;
import io.longreel.model.ModelConfig;
import java.nio.file.Path;
import java.util.List;

/** A small run of three stages, configured as a user would. */
public final class TestRun {
    static final String CONF = """
            longreel {
              name = small
              seed = 42
              data {
                generated { frames = 300, width = 64, height = 64, frames-per-second = 24 }
                frame-cache = 1 MiB
                prefetch-steps = 2
              }
              stages = [
                {
                  name = first
                  context-tokens-max = 512
                  phases = [
                    { name = a, steps = 3, samples-per-step = 5, learning-rate = 1e-3, source.kind = captions }
                    { name = b, steps = 2, samples-per-step = 4, learning-rate = 5e-4, learning-rates.projector = 1e-3, rope-theta = 1e6
                      source { kind = needle-questions, frames = [1, 9, 30] } }
                  ]
                }
                {
                  name = text
                  context-tokens-max = 512
                  phases = [{ steps = 4, samples-per-step = 2, learning-rate = 1e-4, rope-scale = 4, source { kind = passkeys, tokens-min = 64, tokens-max = 128 } }]
                }
                {
                  name = long
                  context-tokens-max = 4096
                  phases = [{ steps = 6, samples-per-step = 3, learning-rate = 1e-4, rope-theta = 2e7
                    source { kind = needle-questions, frames = [64, 200] } }]
                  evaluation { name = needle-final, frames = [10, 100], depths = 3, needles = 5 }
                }
              ]
            }
            """;

    private TestRun() {}

    public static RunConfig config(Path out, String... overrides) {
        return parse(CONF, out, overrides);
    }

    static RunConfig parse(String conf, Path out, String... overrides) {
        List<String> all = new java.util.ArrayList<>(List.of(overrides));
        all.add("longreel.out=" + out);
        return RunConfigLoader.parse(conf, "test", all);
    }

    public static Curriculum open(Path out, String... overrides) {
        RunConfig config = config(out, overrides);
        return Curriculum.open(config, model(config));
    }

    public static ModelConfig model(RunConfig config) {
        return ModelConfig.of(config.model().architecture().orElseThrow(), ByteTokenizer.IMAGE);
    }
}
