package io.longreel.runtime.http;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.chat.AnswerListener;
import io.longreel.curriculum.chat.ChatAnswer;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Hears an answer, and keeps it for the thread of its request. The service never waits: an answer has a greatest length. */
final class Inbox implements AnswerListener {

    /** What is heard. */
    sealed interface News {}

    record Piece(String text) implements News {}

    record Done(ChatAnswer answer) implements News {}

    record Failed(RuntimeFailure failure) implements News {}

    private final BlockingQueue<News> news = new LinkedBlockingQueue<>();
    private final AtomicBoolean isOver = new AtomicBoolean();
    private final Runnable atEnd;

    /**
     * @param atEnd runs once, when the service is through with the question
     */
    Inbox(Runnable atEnd) {
        this.atEnd = atEnd;
    }

    @Override
    public void text(String piece) {
        news.add(new Piece(piece));
    }

    @Override
    public void done(ChatAnswer answer) {
        end();
        news.add(new Done(answer));
    }

    @Override
    public void failed(RuntimeFailure failure) {
        end();
        news.add(new Failed(failure));
    }

    /** The question was never taken, so nothing is heard of it. */
    void neverAsked() {
        end();
    }

    private void end() {
        if (isOver.compareAndSet(false, true)) {
            atEnd.run();
        }
    }

    /** Whether the service is through with the question. */
    boolean isOver() {
        return isOver.get();
    }

    /** What was heard next, or nothing within the time. */
    Optional<News> next(long limitMs) throws InterruptedException {
        return Optional.ofNullable(news.poll(limitMs, TimeUnit.MILLISECONDS));
    }
}
