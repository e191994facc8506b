package io.longreel.curriculum.sft;

import java.util.ArrayList;
import java.util.List;

/**
 * A conversation that a model is to go on with.
 *
 * @param turns in order; the last one is the user's
 * @param tokensMax longest answer that is wanted
 * @param temperature of the sampling; 0 = always the likeliest token
 */
public record ChatRequest(List<Turn> turns, int tokensMax, double temperature) {

    /** Who speaks. */
    public enum Role {
        SYSTEM,
        USER,
        ASSISTANT
    }

    /** A JPEG file. */
    public record Picture(byte[] jpeg) {}

    /**
     * A video that the endpoint fetches itself.
     *
     * @param url where from
     * @param framesMax most frames that it takes of it; 0 = as many as it likes
     */
    public record Video(String url, int framesMax) {}

    /** What one side says: pictures and videos, then text about them. */
    public record Turn(Role role, List<Picture> pictures, List<Video> videos, String text) {
        public Turn {
            pictures = List.copyOf(pictures);
            videos = List.copyOf(videos);
        }

        public Turn(Role role, List<Picture> pictures, String text) {
            this(role, pictures, List.of(), text);
        }
    }

    public ChatRequest {
        turns = List.copyOf(turns);
        if (turns.isEmpty() || turns.getLast().role() != Role.USER) {
            throw new IllegalArgumentException("the last turn must be the user's: turns=" + turns.size());
        }
    }

    /** A conversation that begins with {@code text}. */
    public static ChatRequest of(List<Picture> pictures, String text, int tokensMax, double temperature) {
        return new ChatRequest(List.of(new Turn(Role.USER, pictures, text)), tokensMax, temperature);
    }

    /** This conversation, the model's answer, and what the user says to that. */
    public ChatRequest then(String answer, String next) {
        List<Turn> longer = new ArrayList<>(turns);
        longer.add(new Turn(Role.ASSISTANT, List.of(), answer));
        longer.add(new Turn(Role.USER, List.of(), next));
        return new ChatRequest(longer, tokensMax, temperature);
    }
}
