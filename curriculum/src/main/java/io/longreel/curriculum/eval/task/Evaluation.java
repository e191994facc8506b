package io.longreel.curriculum.eval.task;

import io.longreel.config.EvaluationTaskSettings;
import io.longreel.config.EvaluationTaskSettings.Kind;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.sft.PatientChat;
import io.longreel.curriculum.sft.Pause;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * One evaluation of a model: the items of a task are asked side by side, and their results written. Answers are kept as they come
 * ({@link EvaluationStore}); one that ends early, by {@link #stop} or a failure, waits for the questions that are out and keeps their answers, too.
 */
public final class Evaluation {
    private final EvaluationTaskSettings task;
    private final EvaluationSettings settings;
    private final ChatService model;
    private final Optional<PatientChat> judge;
    private final Pause pause;
    private final EvaluationListener listener;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private int done;
    private int asked;
    private int troubled;

    /**
     * Makes an evaluation that {@link #run} runs.
     *
     * @param judge for tasks whose answers are judged
     * @param pause while the model has too much to do
     */
    public Evaluation(
            EvaluationTaskSettings task,
            EvaluationSettings settings,
            ChatService model,
            Optional<PatientChat> judge,
            Pause pause,
            EvaluationListener listener) {
        requireJudge(task, judge.isPresent());
        this.task = task;
        this.settings = settings;
        this.model = model;
        this.judge = judge;
        this.pause = pause;
        this.listener = listener;
    }

    /**
     * What can be seen before a model is there ends an evaluation before hours of work, not after them. Throws a {@link RuntimeFailure} that says it.
     */
    public static void check(EvaluationTaskSettings task, EvaluationSettings settings, boolean hasJudge) {
        requireJudge(task, hasJudge);
        usable(task, settings);
    }

    private static void requireJudge(EvaluationTaskSettings task, boolean hasJudge) {
        if (task.score().kind() == Kind.JUDGED && !hasJudge) {
            throw RuntimeFailure.config(
                    "answers of %s are judged by a model: name one by --judge URL and --judge-model NAME"
                            .formatted(task.name()));
        }
    }

    private static List<Item> usable(EvaluationTaskSettings task, EvaluationSettings settings) {
        List<Item> items = TaskRecords.load(task, settings.data(), settings.limit());
        List<String> faults = items.stream()
                .map(Item::fault)
                .filter(fault -> !fault.isBlank())
                .toList();
        if (settings.damaged() == EvaluationSettings.Damaged.STOP && !faults.isEmpty()) {
            String more = faults.size() == 1 ? "" : " (and %d more)".formatted(faults.size() - 1);
            throw RuntimeFailure.data(faults.getFirst() + more + Questioner.SKIP);
        }
        return items;
    }

    /** Asks nothing new; {@link #run} ends when the questions that are out have been answered. From any thread, more than once. */
    public void stop() {
        stopped.set(true);
    }

    /**
     * Runs to the end. Throws a {@link RuntimeFailure} when it cannot go on, and a {@link CancellationException} when it was stopped.
     */
    public EvaluationReport run() {
        List<Item> items = usable(task, settings);
        try (EvaluationStore store = EvaluationStore.open(settings.out())) {
            List<Outcome> outcomes = outcomes(items, store);
            return EvaluationFiles.write(task, settings, model.modelName(), outcomes, asked);
        }
    }

    private List<Outcome> outcomes(List<Item> items, EvaluationStore store) {
        Questioner questioner = new Questioner(task, settings, model, store, pause, judge);
        Outcome[] outcomes = new Outcome[items.size()];
        AtomicInteger next = new AtomicInteger();
        int threads = Math.min(settings.parallel(), items.size());
        ExecutorService workers = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("eval-", 0).daemon().factory());
        try {
            List<Future<?>> running = IntStream.range(0, threads)
                    .<Future<?>>mapToObj(i -> workers.submit(() -> work(items, outcomes, next, questioner)))
                    .toList();
            await(running);
        } finally {
            workers.shutdown();
        }
        if (next.get() < items.size()) {
            throw new CancellationException("the evaluation was stopped");
        }
        return List.of(outcomes);
    }

    private void work(List<Item> items, Outcome[] outcomes, AtomicInteger next, Questioner questioner) {
        try {
            while (!stopped.get()) {
                int index = next.getAndUpdate(value -> Math.min(value + 1, items.size()));
                if (index >= items.size()) {
                    return;
                }
                Questioner.Result result = questioner.ask(items.get(index));
                outcomes[index] = result.outcome();
                tell(result, items.size());
            }
        } catch (RuntimeException | Error e) {
            stop();
            throw e;
        }
    }

    private synchronized void tell(Questioner.Result result, int total) {
        done++;
        asked += result.wasAsked() ? 1 : 0;
        if (!result.outcome().trouble().isBlank()) {
            troubled++;
            listener.trouble(result.outcome().trouble());
        }
        listener.progressed(new EvaluationProgress(done, total, asked, troubled));
    }

    /** Waits for all of them; throws the first failure in their order, with the others under it. */
    private static void await(List<Future<?>> running) {
        List<Throwable> failures = new ArrayList<>();
        for (Future<?> worker : running) {
            try {
                worker.get();
            } catch (ExecutionException e) {
                failures.add(e.getCause() == null ? e : e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("the evaluation was interrupted", e);
            }
        }
        if (failures.isEmpty()) {
            return;
        }
        Throwable first = failures.getFirst();
        failures.stream().skip(1).filter(other -> other != first).forEach(first::addSuppressed);
        switch (first) {
            case RuntimeException failure -> throw failure;
            case Error error -> throw error;
            default -> throw new IllegalStateException(first);
        }
    }
}
