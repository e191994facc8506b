package io.longreel.runtime.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.curriculum.chat.ChatAnswer;

/**
 * The objects of OpenAI's chat completions ("The chat completion object", "The chat completion chunk object").
 *
 * @param id of the completion
 * @param createdS seconds since 1970
 * @param hasUsage whether chunks have the member {@code usage}, which only the last one fills
 */
record ChatJson(String id, long createdS, String model, boolean hasUsage) {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    static ObjectNode error(Refusal refusal) {
        ObjectNode error = NODES.objectNode()
                .put("message", refusal.getMessage())
                .put("type", refusal.type())
                .put("param", refusal.param())
                .put("code", refusal.code());
        return NODES.objectNode().set("error", error);
    }

    static ObjectNode model(String id, long createdS) {
        return NODES.objectNode()
                .put("id", id)
                .put("object", "model")
                .put("created", createdS)
                .put("owned_by", "longreel");
    }

    static ObjectNode models(String id, long createdS) {
        ObjectNode list = NODES.objectNode().put("object", "list");
        list.putArray("data").add(model(id, createdS));
        return list;
    }

    ObjectNode completion(ChatAnswer answer) {
        ObjectNode root = root("chat.completion");
        ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
        choice.putObject("message")
                .put("role", "assistant")
                .put("content", answer.text())
                .putNull("refusal");
        choice.putNull("logprobs").put("finish_reason", reason(answer));
        root.set("usage", usage(answer));
        return root;
    }

    /** The first chunk of an answer. */
    ObjectNode first() {
        ObjectNode root = root("chat.completion.chunk");
        choice(root).put("role", "assistant").put("content", "");
        return root;
    }

    ObjectNode more(String piece) {
        ObjectNode root = root("chat.completion.chunk");
        choice(root).put("content", piece);
        return root;
    }

    /** The chunk that ends the text. */
    ObjectNode last(ChatAnswer answer) {
        ObjectNode root = root("chat.completion.chunk");
        choice(root);
        ((ObjectNode) root.path("choices").path(0)).put("finish_reason", reason(answer));
        return root;
    }

    /** The chunk behind the last one, without text. */
    ObjectNode onlyUsage(ChatAnswer answer) {
        ObjectNode root = root("chat.completion.chunk");
        root.putArray("choices");
        root.set("usage", usage(answer));
        return root;
    }

    private ObjectNode root(String object) {
        ObjectNode root = NODES.objectNode()
                .put("id", id)
                .put("object", object)
                .put("created", createdS)
                .put("model", model)
                .putNull("system_fingerprint");
        return hasUsage ? root.putNull("usage") : root;
    }

    /** The delta of the only choice of a chunk. */
    private static ObjectNode choice(ObjectNode root) {
        ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
        ObjectNode delta = choice.putObject("delta");
        choice.putNull("logprobs").putNull("finish_reason");
        return delta;
    }

    private static ObjectNode usage(ChatAnswer answer) {
        ObjectNode usage = NODES.objectNode()
                .put("prompt_tokens", answer.promptTokens())
                .put("completion_tokens", answer.newTokens())
                .put("total_tokens", answer.promptTokens() + answer.newTokens());
        usage.putObject("prompt_tokens_details").put("cached_tokens", answer.cachedTokens());
        return usage;
    }

    private static String reason(ChatAnswer answer) {
        return switch (answer.end()) {
            case STOP, CANCELLED -> "stop";
            case LENGTH -> "length";
        };
    }
}
