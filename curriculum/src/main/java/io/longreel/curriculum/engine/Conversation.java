package io.longreel.curriculum.engine;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.chat.AnswerListener;
import io.longreel.curriculum.chat.AnswerText;
import io.longreel.curriculum.chat.ChatAnswer;
import io.longreel.curriculum.text.Tokenizer;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One question on its way through the engine, and who listens. Used by the engine's thread. */
final class Conversation {
    private static final Logger LOG = LoggerFactory.getLogger(Conversation.class);

    private final long id;
    private final EngineRequest request;
    private final long[] items;
    private final int promptTokens;
    private final AnswerText text;
    private final AnswerListener listener;
    private final long startNs;
    private int cachedTokens;
    private int newTokens;
    private int lastToken = -1;
    private long firstTokenNs;
    private boolean isEnded;
    private boolean awaitsTick;

    Conversation(
            long id,
            EngineRequest request,
            long[] items,
            int promptTokens,
            Tokenizer tokenizer,
            List<String> stops,
            AnswerListener listener,
            long startNs) {
        this.id = id;
        this.request = request;
        this.items = items;
        this.promptTokens = promptTokens;
        this.text = new AnswerText(tokenizer, stops);
        this.listener = listener;
        this.startNs = startNs;
    }

    long id() {
        return id;
    }

    EngineRequest request() {
        return request;
    }

    long[] items() {
        return items;
    }

    /** New tokens of the answer. */
    void add(List<Integer> tokens, int cached, long nowNs) {
        if (isEnded) {
            return;
        }
        if (newTokens == 0) {
            firstTokenNs = nowNs - startNs;
            cachedTokens = cached;
        }
        for (int token : tokens) {
            if (!text.isStopped()) {
                newTokens++;
                lastToken = token;
                if (!request.endsWith(token)) {
                    say(text.add(token));
                }
            }
        }
    }

    /** Whether a stop text has come. */
    boolean isStopped() {
        return !isEnded && text.isStopped();
    }

    /** Its tokens say that it is over. */
    void finish(long nowNs) {
        boolean stopped = text.isStopped() || request.endsWith(lastToken);
        close(stopped ? ChatAnswer.End.STOP : ChatAnswer.End.LENGTH, nowNs);
    }

    void close(ChatAnswer.End end, long nowNs) {
        if (isEnded) {
            return;
        }
        say(text.finish());
        isEnded = true;
        ChatAnswer answer =
                new ChatAnswer(text.text(), end, promptTokens, cachedTokens, newTokens, firstTokenNs, nowNs - startNs);
        guarded(() -> listener.done(answer));
    }

    void failed(RuntimeFailure failure) {
        if (!isEnded) {
            isEnded = true;
            guarded(() -> listener.failed(failure));
        }
    }

    /** Nobody listens any more, but ranks still work on it. */
    void awaitsTick() {
        awaitsTick = true;
    }

    boolean isAwaitingTick() {
        return awaitsTick;
    }

    private void say(String piece) {
        if (!piece.isEmpty()) {
            guarded(() -> listener.text(piece));
        }
    }

    /** What is wrong with one listener is no other's business. */
    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.warn("engine.listener-failed id={}", id, e);
        }
    }
}
