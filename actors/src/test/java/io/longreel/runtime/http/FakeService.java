package io.longreel.runtime.http;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.chat.AnswerListener;
import io.longreel.curriculum.chat.ChatAnswer;
import io.longreel.curriculum.chat.ChatMessage;
import io.longreel.curriculum.chat.ChatPart;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.chat.PromptTooLong;
import io.longreel.curriculum.text.Role;
import io.longreel.model.generate.Sampling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Answers with what it was asked, word by word. The last text of a question tells what happens to it: "hang" says one word and then nothing until it is
 * cancelled, "never" says nothing at all, "long" ends at its length, "slow" takes until {@link #hurry} is called to be understood, "refuse ..." throws that, "too long ..." says that it is, "flood" says more than a connection holds, "break" fails on its way, "bug" throws what nobody expects.
 */
final class FakeService implements ChatService {
    static final String NAME = "longreel-fake";

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore room;
    private final int roomSize;
    private final CountDownLatch hurry = new CountDownLatch(1);

    final AtomicInteger asked = new AtomicInteger();
    final AtomicInteger cancelled = new AtomicInteger();
    /** One for each question that was taken. */
    final Semaphore taken = new Semaphore(0);
    /** One for each that was cancelled. */
    final Semaphore freed = new Semaphore(0);

    volatile ChatQuestion last =
            new ChatQuestion(List.of(ChatMessage.of(Role.USER, "none yet")), 0, Sampling.GREEDY, 1, List.of());

    FakeService(int room) {
        this.room = new Semaphore(room);
        this.roomSize = room;
    }

    @Override
    public String modelName() {
        return NAME;
    }

    /** Questions that it still works on. */
    int open() {
        return roomSize - room.availablePermits();
    }

    @Override
    public Answering ask(ChatQuestion question, AnswerListener listener) {
        String text = textOf(question);
        asked.incrementAndGet();
        last = question;
        if (text.startsWith("too long ")) {
            throw new PromptTooLong(text);
        }
        if (text.startsWith("refuse ")) {
            throw RuntimeFailure.data(text.substring("refuse ".length()));
        }
        if (text.equals("bug")) {
            throw new IllegalStateException("secret internals");
        }
        if (text.equals("slow")) {
            awaitHurry();
        }
        if (!room.tryAcquire()) {
            throw new Busy("full: " + roomSize);
        }
        Talk talk = new Talk(question, listener, text);
        var unused = threads.submit(talk::run);
        taken.release();
        return talk;
    }

    /** Questions that were slow are understood now. */
    void hurry() {
        hurry.countDown();
    }

    private void awaitHurry() {
        try {
            hurry.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody may interrupt a question", e);
        }
    }

    private static String textOf(ChatQuestion question) {
        return question.messages().getLast().parts().stream()
                .filter(part -> part instanceof ChatPart.Text)
                .map(part -> ((ChatPart.Text) part).text())
                .collect(Collectors.joining(" "));
    }

    private final class Talk implements Answering {
        private final ChatQuestion question;
        private final AnswerListener listener;
        private final String text;
        private final AtomicBoolean isOver = new AtomicBoolean();
        private final CountDownLatch released = new CountDownLatch(1);

        private Talk(ChatQuestion question, AnswerListener listener, String text) {
            this.question = question;
            this.listener = listener;
            this.text = text;
        }

        private void run() {
            switch (text) {
                case "never" -> await();
                case "hang" -> {
                    listener.text("hang");
                    await();
                }
                case "flood" -> {
                    String much = "x".repeat(1 << 16);
                    for (int i = 0; i < 400; i++) {
                        listener.text(much);
                    }
                    end(() -> listener.done(answer(much, ChatAnswer.End.STOP, 400)));
                }
                case "break" -> {
                    listener.text("half");
                    end(() -> listener.failed(new RuntimeFailure(RuntimeFailure.Category.RETRYABLE, "a rank is gone")));
                }
                case "lose" -> end(() -> listener.failed(RuntimeFailure.data("unreadable video: " + media())));
                default -> {
                    String said = text.equals("media") ? media() : text;
                    String[] words = said.split("(?<= )");
                    for (String word : words) {
                        listener.text(word);
                    }
                    boolean isLong = text.equals("long");
                    end(() -> listener.done(
                            answer(said, isLong ? ChatAnswer.End.LENGTH : ChatAnswer.End.STOP, words.length)));
                }
            }
        }

        /** What was shown: kind, size and file of each. */
        private String media() {
            return question.messages().stream()
                    .flatMap(message -> message.parts().stream())
                    .filter(part -> part instanceof ChatPart.Media)
                    .map(part -> ((ChatPart.Media) part).medium())
                    .map(medium -> {
                        try {
                            return "%s %d %s".formatted(medium.kind(), Files.size(medium.file()), medium.file());
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .collect(Collectors.joining("; "));
        }

        private void await() {
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void end(Runnable tell) {
            if (isOver.compareAndSet(false, true)) {
                room.release();
                tell.run();
                released.countDown();
            }
        }

        @Override
        public void cancel() {
            cancelled.incrementAndGet();
            end(() -> listener.done(answer("", ChatAnswer.End.CANCELLED, 0)));
            freed.release();
        }

        private ChatAnswer answer(String said, ChatAnswer.End end, int tokens) {
            return new ChatAnswer(said, end, 11, 4, tokens, 1, 2);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
