package io.longreel.curriculum.sft;

import java.util.concurrent.CompletionStage;

/** A model that answers conversations with text, wherever it runs. Called from many threads at once. */
public interface ChatModel {

    /** What the model is known by; answers of a model of another name are not taken for its own. */
    String name();

    /**
     * Asks once. What a model, or the way to it, may do is a value of {@link ChatReply}; the stage fails for bugs only. Must not block.
     */
    CompletionStage<ChatReply> ask(ChatRequest request);
}
