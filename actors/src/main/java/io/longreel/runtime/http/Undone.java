package io.longreel.runtime.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Fields of OpenAI's and of other servers' protocols that would change what an answer means, and that are not implemented here. They are refused
 * unless their value asks for nothing; whatever else a request has beyond what is read is ignored, as such servers do.
 */
final class Undone {
    /** Values that ask for nothing. */
    private enum Harmless {
        EMPTY,
        FALSE,
        TRUE,
        ZERO,
        ONE,
        NO_CALL,
        TEXT_FORMAT,
        TEXT_ONLY,
        /** There is none. */
        NEVER;

        boolean is(JsonNode value) {
            return switch (this) {
                case EMPTY -> value.isContainerNode() && value.isEmpty();
                case FALSE -> value.isBoolean() && !value.booleanValue();
                case TRUE -> value.isBoolean() && value.booleanValue();
                case ZERO -> value.isNumber() && value.doubleValue() == 0;
                case ONE -> value.isNumber() && value.doubleValue() == 1;
                case NO_CALL -> Set.of("none", "auto").contains(value.asText());
                case TEXT_FORMAT -> value.path("type").asText().equals("text");
                case TEXT_ONLY ->
                    value.isArray()
                            && value.valueStream()
                                    .allMatch(kind -> kind.asText().equals("text"));
                case NEVER -> false;
            };
        }
    }

    private static final Map<String, Harmless> OF_REQUESTS = ofRequests();
    private static final Map<String, Harmless> OF_MESSAGES = Map.of(
            "tool_calls",
            Harmless.EMPTY,
            "function_call",
            Harmless.NEVER,
            "audio",
            Harmless.NEVER,
            "prefix",
            Harmless.FALSE);

    private Undone() {}

    private static Map<String, Harmless> ofRequests() {
        Map<String, Harmless> fields = new LinkedHashMap<>();
        fields.put("n", Harmless.ONE);
        fields.put("best_of", Harmless.ONE);
        fields.put("tools", Harmless.EMPTY);
        fields.put("tool_choice", Harmless.NO_CALL);
        fields.put("functions", Harmless.EMPTY);
        fields.put("function_call", Harmless.NO_CALL);
        fields.put("response_format", Harmless.TEXT_FORMAT);
        fields.put("logprobs", Harmless.FALSE);
        fields.put("top_logprobs", Harmless.ZERO);
        fields.put("prompt_logprobs", Harmless.FALSE);
        fields.put("logit_bias", Harmless.EMPTY);
        fields.put("presence_penalty", Harmless.ZERO);
        fields.put("frequency_penalty", Harmless.ZERO);
        fields.put("min_p", Harmless.ZERO);
        fields.put("min_tokens", Harmless.ZERO);
        fields.put("stop_token_ids", Harmless.EMPTY);
        fields.put("ignore_eos", Harmless.FALSE);
        fields.put("use_beam_search", Harmless.FALSE);
        fields.put("echo", Harmless.FALSE);
        fields.put("add_generation_prompt", Harmless.TRUE);
        fields.put("continue_final_message", Harmless.FALSE);
        fields.put("guided_json", Harmless.NEVER);
        fields.put("guided_regex", Harmless.NEVER);
        fields.put("guided_choice", Harmless.NEVER);
        fields.put("guided_grammar", Harmless.NEVER);
        fields.put("structured_outputs", Harmless.NEVER);
        fields.put("web_search_options", Harmless.NEVER);
        fields.put("audio", Harmless.NEVER);
        fields.put("modalities", Harmless.TEXT_ONLY);
        return fields;
    }

    /** Refuses the body of a request that asks for something of these. */
    static void refuseIn(Fields body) {
        refuse(body, OF_REQUESTS);
    }

    /** Refuses a message that has something of these. */
    static void refuseInMessage(Fields message) {
        refuse(message, OF_MESSAGES);
    }

    private static void refuse(Fields fields, Map<String, Harmless> undone) {
        undone.forEach((key, harmless) -> fields.value(key).ifPresent(value -> {
            if (!harmless.is(value)) {
                throw Refusal.of(
                        400,
                        fields.name(key),
                        "unsupported_parameter",
                        "%s is not supported with this value (%s); leave it out"
                                .formatted(fields.name(key), Fields.kind(value)));
            }
        }));
    }
}
