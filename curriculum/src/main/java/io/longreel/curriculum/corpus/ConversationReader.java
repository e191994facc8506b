package io.longreel.curriculum.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.curriculum.corpus.Medium.Kind;
import io.longreel.curriculum.text.Role;
import io.longreel.curriculum.text.Turn;
import java.util.ArrayList;
import java.util.List;

/**
 * LLaVA records (specification 6.1): {@code image}, {@code images}, {@code video} and {@code conversations} or {@code messages}, and the
 * keys that older video sets use instead: {@code video_path}, {@code video_id}, {@code q} and {@code a}, {@code captions}. Media come in
 * front of the first message of the user, images before videos, and tags in texts only say how many there are (specification 2.3). Pure but
 * for the look whether media exist.
 */
final class ConversationReader {
    /** The question that a caption of a whole video answers. */
    static final String CAPTION_QUESTION = "Elaborate on the visual and narrative elements of the video in detail.";

    private static final String WHOLE_VIDEO = "-1";

    private final MediaFolder folder;

    ConversationReader(MediaFolder folder) {
        this.folder = folder;
    }

    DataRecord.Conversation read(ObjectNode json, String id, Place place) {
        List<Medium> media = media(json, place);
        DataRecord.Conversation conversation = withMedia(json, id, media, place);
        for (Medium medium : media) {
            MediaFolder.requireExists(medium, place);
        }
        return conversation;
    }

    /** Media that come from elsewhere; what the record says about media is not read. */
    static DataRecord.Conversation withMedia(ObjectNode json, String id, List<Medium> media, Place place) {
        List<Turn> turns = MediaTags.removed(turns(json, place), media, place);
        Turns.requireOrder(turns, place);
        return new DataRecord.Conversation(id, media, turns);
    }

    /** Whether there is anything to make turns of. */
    static boolean hasTurns(ObjectNode json) {
        return has(json, "conversations") || has(json, "messages") || has(json, "q") || has(json, "captions");
    }

    private List<Medium> media(ObjectNode json, Place place) {
        List<Medium> media = new ArrayList<>();
        addAll(media, json, Kind.IMAGE, "image", place);
        addAll(media, json, Kind.IMAGE, "images", place);
        if (has(json, "video_path")) {
            addAll(media, json, Kind.VIDEO, "video_path", place);
        } else if (has(json, "video")) {
            addAll(media, json, Kind.VIDEO, "video", place);
        } else if (has(json, "video_id") && media.isEmpty()) {
            media.add(folder.resolve(Kind.VIDEO, text(json, "video_id", place) + ".mp4", "video_id", place));
        }
        return media;
    }

    private void addAll(List<Medium> media, ObjectNode json, Kind kind, String field, Place place) {
        JsonNode value = json.path(field);
        if (value.isArray()) {
            for (JsonNode element : value) {
                media.add(one(element, kind, field, place));
            }
        } else if (has(json, field)) {
            media.add(one(value, kind, field, place));
        }
    }

    private Medium one(JsonNode value, Kind kind, String field, Place place) {
        JsonNode path = value.isObject() ? value.path("path") : value;
        if (!path.isTextual()) {
            throw place.field(field, "a path, {\"path\": ...} or a list of them");
        }
        return folder.resolve(kind, path.asText(), field, place);
    }

    private static List<Turn> turns(ObjectNode json, Place place) {
        if (has(json, "conversations")) {
            return Turns.of(json.path("conversations"), "conversations", "from", "value", place);
        }
        if (has(json, "messages")) {
            return Turns.of(json.path("messages"), "messages", "role", "content", place);
        }
        if (has(json, "q")) {
            return exchange(text(json, "q", place), text(json, "a", place));
        }
        if (has(json, "captions")) {
            return exchange(CAPTION_QUESTION, wholeVideoCaption(json.path("captions"), place));
        }
        throw place.damaged(
                "a record must have conversations, messages, q and a, or captions; correct it or leave it out by a subset");
    }

    static List<Turn> exchange(String question, String answer) {
        return List.of(new Turn(Role.USER, question.strip()), new Turn(Role.ASSISTANT, answer.strip()));
    }

    private static String wholeVideoCaption(JsonNode captions, Place place) {
        JsonNode last = captions.path(captions.size() - 1);
        if (!last.path("idx").asText().equals(WHOLE_VIDEO)
                || !last.path("content").isTextual()) {
            throw place.field(
                    "captions",
                    "a list whose last entry is {\"idx\": \"-1\", \"content\": caption of the whole video}");
        }
        return last.path("content").asText();
    }

    private static String text(ObjectNode json, String field, Place place) {
        JsonNode value = json.path(field);
        // Answers that are a number or a letter are common, and some writers leave numbers as such.
        if (!value.isTextual() && !value.isNumber()) {
            throw place.field(field, "a string");
        }
        return value.asText();
    }

    /** Many writers leave a field there, as null, where a record has none. */
    private static boolean has(ObjectNode json, String field) {
        return json.hasNonNull(field);
    }
}
