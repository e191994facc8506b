package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.curriculum.chat.ChatService;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model answers, on which ranks: use it as {@code @Mixin}. */
final class ServiceOptions {
    @Option(names = "--model", paramLabel = "DIR", description = "Model in VILA's layout, such as runs/demo/model.")
    private @Nullable Path model;

    @Option(
            names = "--frames",
            paramLabel = "N",
            description = "Most frames of each video, evenly spread (default: as many as the model was made for).")
    private @Nullable Integer frames;

    @Mixin
    private final RankOptions ranks = new RankOptions();

    /** The configuration of a job that answers, with overrides that the command itself brings. */
    RunConfig config(String... own) {
        List<String> overrides = new ArrayList<>(List.of(own));
        if (frames != null) {
            overrides.add("inference.frames-max=" + frames);
        }
        return ranks.config(model, overrides);
    }

    RankOptions ranks() {
        return ranks;
    }

    /** @param questionsMax answered or waiting at the same time */
    ChatService open(RunConfig config, int questionsMax, PrintWriter screen, LongSupplier clockNs) {
        return ranks.open(config, questionsMax, screen, clockNs);
    }
}
