package io.longreel.curriculum.eval.task;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.chat.AnswerListener;
import io.longreel.curriculum.chat.ChatAnswer;
import io.longreel.curriculum.chat.ChatPart;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.chat.ChatService;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;

/** Answers by a rule, and keeps what it was asked. */
final class ScriptedService implements ChatService {
    private final String name;
    private final Function<String, String> answers;
    private final List<String> prompts = new ArrayList<>();
    private final List<Path> videos = new ArrayList<>();
    private final List<Integer> frames = new ArrayList<>();
    private final ConcurrentHashMap<String, CountDownLatch> holds = new ConcurrentHashMap<>();
    private int busyLeft;

    ScriptedService(String name, Function<String, String> answers) {
        this.name = name;
        this.answers = answers;
    }

    /** The next questions find it busy. */
    synchronized ScriptedService busy(int times) {
        busyLeft = times;
        return this;
    }

    /** Questions with this in them are answered when the latch is down. */
    ScriptedService holding(String part, CountDownLatch latch) {
        holds.put(part, latch);
        return this;
    }

    synchronized List<String> prompts() {
        return List.copyOf(prompts);
    }

    synchronized List<Path> videos() {
        return List.copyOf(videos);
    }

    synchronized List<Integer> frames() {
        return List.copyOf(frames);
    }

    @Override
    public String modelName() {
        return name;
    }

    @Override
    public Answering ask(ChatQuestion question, AnswerListener listener) {
        String prompt = "";
        synchronized (this) {
            if (busyLeft > 0) {
                busyLeft--;
                throw new Busy("two questions wait already");
            }
            frames.add(question.framesMax());
            for (ChatPart part : question.messages().getFirst().parts()) {
                switch (part) {
                    case ChatPart.Text text -> prompt = text.text();
                    case ChatPart.Media media -> videos.add(media.medium().file());
                }
            }
            prompts.add(prompt);
        }
        for (String part : holds.keySet()) {
            if (prompt.contains(part)) {
                await(holds.get(part));
            }
        }
        try {
            String answer = answers.apply(prompt);
            listener.text(answer + " ");
            listener.done(new ChatAnswer(answer, ChatAnswer.End.STOP, 1, 0, 1, 1, 1));
        } catch (RuntimeFailure failure) {
            listener.failed(failure);
        }
        return () -> {};
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {}
}
