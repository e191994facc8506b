package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.chat.AnswerListener;
import io.longreel.curriculum.chat.ChatAnswer;
import io.longreel.curriculum.chat.ChatMessage;
import io.longreel.curriculum.chat.ChatPart;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.text.Role;
import io.longreel.model.GenerateRun;
import io.longreel.model.SessionOptions;
import io.longreel.ops.device.Devices;
import io.longreel.runtime.dashboard.Terminal;
import io.longreel.runtime.serving.ServingPlan;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code generate}: a model answers questions about videos and images. */
@Command(
        name = "generate",
        description = {
            "Asks a model about videos and images.",
            "Without --prompt, questions are read line by line; what was shown is read once for all of them."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class GenerateCommand implements Callable<Integer> {
    private static final LongSupplier CLOCK_NS = System::nanoTime;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Mixin
    private final ServiceOptions service = new ServiceOptions();

    @Mixin
    private final SamplingOptions sampling = new SamplingOptions();

    @Option(names = "--video", paramLabel = "FILE", description = "Video, or folder of its frames. Repeatable.")
    private List<Path> videos = List.of();

    @Option(names = "--image", paramLabel = "FILE", description = "Image. Repeatable.")
    private List<Path> images = List.of();

    @Option(names = "--prompt", paramLabel = "TEXT", description = "The question.")
    private @Nullable String prompt;

    @Option(names = "--system", paramLabel = "TEXT", description = "What the model is told first.")
    private @Nullable String system;

    @Option(
            names = "--max-new-tokens",
            paramLabel = "N",
            description = "Where the answer is cut off (default: ${DEFAULT-VALUE}).")
    private int newTokens = 512;

    @Option(names = "--stop", paramLabel = "TEXT", description = "Text at which the answer ends. Repeatable.")
    private List<String> stops = List.of();

    @Option(names = "--json", description = "One JSON object per answer instead of its text.")
    private boolean json;

    @Option(
            names = "--batch",
            paramLabel = "FILE",
            description =
                    "Safetensors with input_ids and pixel_values in place of a question: the tokens that follow, for comparison with other programs.")
    private @Nullable Path batch;

    @Option(names = "--out", paramLabel = "FILE", description = "With --batch: safetensors file to write tokens to.")
    private @Nullable Path out;

    @Override
    public Integer call() throws IOException {
        RunConfig config = service.config();
        if (batch != null) {
            return batch(config, batch);
        }
        if (prompt == null && videos.isEmpty() && images.isEmpty() && Terminal.isThere()) {
            spec.commandLine().getErr().println("ask away, a line per question; end with Ctrl-D");
        }
        try (ChatService model = service.open(config, 1, spec.commandLine().getErr(), CLOCK_NS)) {
            if (prompt != null) {
                ask(model, new ArrayList<>(), prompt);
            } else {
                converse(model);
            }
        }
        return Main.OK;
    }

    private int batch(RunConfig config, Path file) {
        if (out == null) {
            throw RuntimeFailure.config("--batch needs --out FILE, where the tokens go");
        }
        GenerateRun run = new GenerateRun(
                ServingPlan.model(config),
                config.mesh(),
                Devices.cpu(),
                SessionOptions.of(config),
                config.inference().chunkTokens(),
                newTokens);
        int[] tokens = run.run(file, out, sampling.sampling());
        spec.commandLine().getOut().printf("tokens=%d mesh=%s out=%s%n", tokens.length, config.mesh(), out);
        return Main.OK;
    }

    private void converse(ChatService model) throws IOException {
        List<ChatMessage> turns = new ArrayList<>();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (!line.isBlank()) {
                String answer = ask(model, turns, line);
                turns.add(ChatMessage.of(Role.ASSISTANT, answer));
            }
        }
    }

    /** Asks behind earlier turns, of which the question becomes one. Media come with the first. */
    private String ask(ChatService model, List<ChatMessage> turns, String text) {
        if (turns.isEmpty() && system != null) {
            turns.add(ChatMessage.of(Role.SYSTEM, system));
        }
        boolean first = turns.stream().noneMatch(turn -> turn.role() == Role.USER);
        List<ChatPart> parts = new ArrayList<>(first ? media() : List.of());
        parts.add(new ChatPart.Text(text));
        turns.add(new ChatMessage(Role.USER, parts));
        ChatQuestion question = new ChatQuestion(turns, 0, sampling.sampling(), newTokens, stops);
        CompletableFuture<ChatAnswer> whole = new CompletableFuture<>();
        PrintWriter screen = spec.commandLine().getOut();
        model.ask(question, new AnswerListener() {
            @Override
            public void text(String piece) {
                if (!json) {
                    screen.print(piece);
                    screen.flush();
                }
            }

            @Override
            public void done(ChatAnswer answer) {
                whole.complete(answer);
            }

            @Override
            public void failed(RuntimeFailure failure) {
                whole.completeExceptionally(failure);
            }
        });
        ChatAnswer answer = await(whole);
        if (json) {
            BenchCommand.print(spec.commandLine(), AnswerFacts.of(model.modelName(), answer), true);
        } else {
            screen.println();
            if (answer.text().isEmpty()) {
                spec.commandLine().getErr().println("longreel: the model ended its answer at once: it said nothing");
            }
            if (Terminal.isThere()) {
                spec.commandLine().getErr().println(AnswerFacts.summary(answer));
            }
        }
        return answer.text();
    }

    private static ChatAnswer await(CompletableFuture<ChatAnswer> whole) {
        try {
            return whole.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeFailure failure ? failure : e;
        }
    }

    private List<ChatPart> media() {
        List<ChatPart> parts = new ArrayList<>();
        videos.forEach(file -> parts.add(shown(Medium.Kind.VIDEO, file)));
        images.forEach(file -> parts.add(shown(Medium.Kind.IMAGE, file)));
        return parts;
    }

    private static ChatPart shown(Medium.Kind kind, Path file) {
        return new ChatPart.Media(Medium.whole(kind, file.toAbsolutePath().normalize()));
    }

    /** An answer for people and programs. */
    private static final class AnswerFacts {
        private static final double NS_PER_S = 1e9;

        static Map<String, Object> of(String model, ChatAnswer answer) {
            Map<String, Object> facts = new LinkedHashMap<>();
            facts.put("model", model);
            facts.put("text", answer.text());
            facts.put("end", answer.end().name().toLowerCase(Locale.ROOT));
            facts.put("promptTokens", answer.promptTokens());
            facts.put("cachedTokens", answer.cachedTokens());
            facts.put("newTokens", answer.newTokens());
            facts.put("firstTokenSeconds", answer.firstTokenNs() / NS_PER_S);
            facts.put("seconds", answer.totalNs() / NS_PER_S);
            return facts;
        }

        static String summary(ChatAnswer answer) {
            double decoding = (answer.totalNs() - answer.firstTokenNs()) / NS_PER_S;
            String pace = answer.newTokens() > 1 && decoding > 0
                    ? ", %.1f tokens/s".formatted((answer.newTokens() - 1) / decoding)
                    : "";
            return "(%,d tokens read, %,d of them known; %d new; first after %.2f s%s)"
                    .formatted(
                            answer.promptTokens(),
                            answer.cachedTokens(),
                            answer.newTokens(),
                            answer.firstTokenNs() / NS_PER_S,
                            pace);
        }
    }
}
