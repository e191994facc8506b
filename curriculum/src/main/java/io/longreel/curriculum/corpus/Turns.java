package io.longreel.curriculum.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import io.longreel.curriculum.text.Role;
import io.longreel.curriculum.text.Turn;
import java.util.ArrayList;
import java.util.List;

/** Messages of a record and the order that they must have: perhaps a system message, then user and assistant in turn. Pure. */
final class Turns {
    private Turns() {}

    /** Reads a list of {@code {<who>: ..., <what>: ...}}. */
    static List<Turn> of(JsonNode list, String field, String who, String what, Place place) {
        if (!list.isArray()) {
            throw place.field(field, "a list of messages");
        }
        List<Turn> turns = new ArrayList<>(list.size());
        for (JsonNode message : list) {
            String where = "%s[%d]".formatted(field, turns.size());
            JsonNode text = message.path(what);
            if (!text.isTextual() && !text.isNumber()) {
                throw place.field(where + "." + what, "a string");
            }
            turns.add(new Turn(role(message.path(who), where + "." + who, place), text.asText()));
        }
        return turns;
    }

    private static Role role(JsonNode name, String field, Place place) {
        return switch (name.asText()) {
            case "human", "user" -> Role.USER;
            case "gpt", "assistant" -> Role.ASSISTANT;
            case "system" -> Role.SYSTEM;
            default -> throw place.field(field, "human, gpt, system, user or assistant, and is %s".formatted(name));
        };
    }

    static void requireOrder(List<Turn> turns, Place place) {
        int first = !turns.isEmpty() && turns.getFirst().role() == Role.SYSTEM ? 1 : 0;
        if (turns.size() < first + 2) {
            throw place.damaged(
                    "a conversation must have a question and an answer; correct the record or leave it out by a subset");
        }
        for (int i = first; i < turns.size(); i++) {
            Role expected = (i - first) % 2 == 0 ? Role.USER : Role.ASSISTANT;
            if (turns.get(i).role() != expected) {
                throw place.damaged(
                        "messages must come from user and assistant in turn, the user first: message %d must be the %s's and is the %s's; correct the record or leave it out by a subset"
                                .formatted(i, word(expected), word(turns.get(i).role())));
            }
        }
        if (turns.getLast().role() != Role.ASSISTANT) {
            throw place.damaged(
                    "the last message must be the assistant's, as it is what is learned; correct the record or leave it out by a subset");
        }
    }

    private static String word(Role role) {
        return switch (role) {
            case SYSTEM -> "system";
            case USER -> "user";
            case ASSISTANT -> "assistant";
        };
    }
}
