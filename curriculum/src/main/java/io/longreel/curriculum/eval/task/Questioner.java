package io.longreel.curriculum.eval.task;

import io.longreel.config.EvaluationTaskSettings;
import io.longreel.config.EvaluationTaskSettings.Extract;
import io.longreel.config.EvaluationTaskSettings.Kind;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.RuntimeFailure.Category;
import io.longreel.curriculum.chat.ChatMessage;
import io.longreel.curriculum.chat.ChatPart;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.eval.task.Outcome.State;
import io.longreel.curriculum.sft.PatientChat;
import io.longreel.curriculum.sft.Pause;
import io.longreel.curriculum.text.Role;
import io.longreel.model.disk.DiskFailures;
import io.longreel.model.generate.Sampling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Asks one question, reads the answer and scores it or has it judged. Used by all threads, which wait here. */
final class Questioner {
    private static final long FIRST_PAUSE_MS = 50;
    private static final long PAUSE_MS_MAX = 5_000;
    /** Some ten minutes. */
    private static final int BUSY_MAX = 120;

    private static final int PENDING_MAX = 8;
    static final String SKIP = "; correct it, or let such records count as wrong by --damaged skip";

    private final EvaluationTaskSettings task;
    private final EvaluationSettings settings;
    private final ChatService model;
    private final EvaluationStore store;
    private final Pause pause;
    private final PromptMaker prompts;
    private final Optional<AnswerJudge> judge;
    private final AtomicInteger pendingInARow = new AtomicInteger();

    Questioner(
            EvaluationTaskSettings task,
            EvaluationSettings settings,
            ChatService model,
            EvaluationStore store,
            Pause pause,
            Optional<PatientChat> judgeChat) {
        this.task = task;
        this.settings = settings;
        this.model = model;
        this.store = store;
        this.pause = pause;
        this.prompts = new PromptMaker(task, settings.data());
        this.judge = task.judge()
                .flatMap(how -> judgeChat.map(chat -> new AnswerJudge(how, chat, settings.judgedBy(), store)));
    }

    /** What became of an item, and whether the model was asked for that. */
    record Result(Outcome outcome, boolean wasAsked) {}

    Result ask(Item item) {
        if (item.question().isEmpty()) {
            return unusable(item, item.fault());
        }
        Item.Question question = item.question().get();
        try {
            String prompt = prompts.prompt(question);
            String key = key(question, prompt);
            Optional<String> known = store.answer(key);
            String answer = known.orElseGet(() -> asked(question, prompt));
            if (known.isEmpty()) {
                store.keepAnswer(key, item.id(), answer);
            }
            Result result = new Result(scored(item, question, answer), known.isEmpty());
            pendingInARow.set(0);
            return result;
        } catch (RuntimeFailure e) {
            return switch (e.category()) {
                case DATA -> unusable(item, named(item, e));
                case RETRYABLE -> pending(item, e);
                case CONFIG, FATAL -> throw e;
            };
        }
    }

    private static String named(Item item, RuntimeFailure failure) {
        return "%s: %s".formatted(item.id(), failure.getMessage());
    }

    /** One that the model, or the judge, does not get to costs itself only; when none gets through any more, the rest need not find out. */
    private Result pending(Item item, RuntimeFailure failure) {
        if (pendingInARow.incrementAndGet() >= PENDING_MAX) {
            throw new RuntimeFailure(
                    Category.RETRYABLE,
                    "%s; %d questions in a row have got no answer; run the same command when the model is there again"
                            .formatted(failure.getMessage(), PENDING_MAX),
                    failure);
        }
        return new Result(Outcome.none(item, State.PENDING, named(item, failure)), true);
    }

    private Result unusable(Item item, String reason) {
        if (settings.damaged() == EvaluationSettings.Damaged.STOP) {
            throw RuntimeFailure.data(reason + SKIP);
        }
        return new Result(Outcome.none(item, State.UNUSABLE, reason), false);
    }

    /** All that the answer depends on: a file that was written again is another video. */
    private String key(Item.Question question, String prompt) {
        Path video = question.video();
        try {
            return EvaluationStore.key(
                    settings.answeredBy(),
                    String.valueOf(task.frames()),
                    String.valueOf(task.answer().tokensMax()),
                    String.valueOf(video.getFileName()),
                    String.valueOf(Files.size(video)),
                    Files.getLastModifiedTime(video).toString(),
                    prompt);
        } catch (IOException e) {
            throw DiskFailures.unreadable("a video must be readable", video, e);
        }
    }

    private String asked(Item.Question question, String prompt) {
        ChatQuestion chat = new ChatQuestion(
                List.of(new ChatMessage(
                        Role.USER,
                        List.of(
                                new ChatPart.Media(
                                        new Medium(Medium.Kind.VIDEO, question.video(), 0, Medium.WHOLE_FILE)),
                                new ChatPart.Text(prompt)))),
                task.frames(),
                Sampling.GREEDY,
                task.answer().tokensMax(),
                List.of());
        long pauseMs = FIRST_PAUSE_MS;
        for (int i = 0; i < BUSY_MAX; i++) {
            try {
                return model.answer(chat).text();
            } catch (ChatService.Busy busy) {
                pause.of(pauseMs).toCompletableFuture().join();
                pauseMs = Math.min(PAUSE_MS_MAX, 2 * pauseMs);
            }
        }
        throw new RuntimeFailure(
                Category.RETRYABLE,
                "model %s had too much to do each of %d times".formatted(model.modelName(), BUSY_MAX));
    }

    private Outcome scored(Item item, Item.Question question, String answer) {
        Optional<String> extracted = AnswerExtraction.extract(task.answer().extract(), answer, question.options());
        if (task.score().kind() == Kind.JUDGED && judge.isPresent() && extracted.isPresent()) {
            AnswerJudge.Judgement judgement = judge.get().judge(item, question, extracted.get());
            State state = judgement.replies().isEmpty() ? State.UNJUDGED : State.ANSWERED;
            Optional<Boolean> correct =
                    judgement.replies().values().stream().findFirst().flatMap(JudgeReply::yes);
            return new Outcome(
                    item, state, Optional.of(answer), extracted, correct, judgement.replies(), judgement.trouble());
        }
        Optional<Boolean> correct = question.expected()
                .map(right -> extracted.filter(text -> isRight(text, right)).isPresent());
        return new Outcome(item, State.ANSWERED, Optional.of(answer), extracted, correct, Map.of(), "");
    }

    private boolean isRight(String given, String right) {
        return task.answer().extract() == Extract.TEXT
                ? AnswerExtraction.bare(given).equalsIgnoreCase(AnswerExtraction.bare(right))
                : given.equalsIgnoreCase(right);
    }
}
