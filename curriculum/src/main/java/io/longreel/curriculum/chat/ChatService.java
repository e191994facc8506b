package io.longreel.curriculum.chat;

import io.longreel.config.RuntimeFailure;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;

/** What answers questions: a model on a mesh of ranks. Used from many threads at once. */
public interface ChatService extends AutoCloseable {

    /** What the model is known by. */
    String modelName();

    /**
     * Begins to answer. Returns once the question is understood, which may take a look at its media.
     *
     * @throws RuntimeFailure of category DATA when it cannot be answered as it is: unreadable media, more tokens than the context
     * @throws Busy when as many questions wait as may
     */
    Answering ask(ChatQuestion question, AnswerListener listener);

    /** Completed when nothing is answered any more, with the reason; never by {@link #close}. */
    default CompletableFuture<RuntimeFailure> broken() {
        return new CompletableFuture<>();
    }

    /** How it stands; empty when it cannot know, as what answers is elsewhere. */
    default Optional<ServiceFacts> facts() {
        return Optional.empty();
    }

    /** An answer that is on its way. */
    interface Answering {
        /** Nobody wants to hear more: what it holds is freed, and the listener hears of the end. Without effect on one that is over. */
        void cancel();
    }

    /** The service has as much to do as it may. */
    final class Busy extends RuntimeException {
        private static final long serialVersionUID = 1;

        public Busy(String message) {
            super(message);
        }
    }

    /** Waits for the whole answer. */
    default ChatAnswer answer(ChatQuestion question) {
        CompletableFuture<ChatAnswer> answer = new CompletableFuture<>();
        Answering answering = ask(question, new AnswerListener() {
            @Override
            public void text(String piece) {}

            @Override
            public void done(ChatAnswer whole) {
                answer.complete(whole);
            }

            @Override
            public void failed(RuntimeFailure failure) {
                answer.completeExceptionally(failure);
            }
        });
        try {
            return answer.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeFailure failure ? failure : e;
        } finally {
            if (answer.state() == Future.State.RUNNING) {
                answering.cancel();
            }
        }
    }

    @Override
    void close();
}
