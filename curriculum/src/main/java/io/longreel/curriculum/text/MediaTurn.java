package io.longreel.curriculum.text;

import java.util.ArrayList;
import java.util.List;

/** What somebody says and shows in a conversation, in order. */
public record MediaTurn(Role role, List<Part> parts) {

    /** A piece of a turn. */
    public sealed interface Part {

        /** What is said; nothing in it is a special token. */
        record Said(String text) implements Part {}

        /** What is shown: the ids of a medium, its frames' markers and what stands behind each. */
        record Shown(int[] ids) implements Part {}
    }

    public MediaTurn {
        parts = List.copyOf(parts);
    }

    /** A turn whose media stand in front of its text. */
    static MediaTurn of(Turn turn, List<int[]> media) {
        List<Part> parts = new ArrayList<>();
        media.forEach(ids -> parts.add(new Part.Shown(ids)));
        parts.add(new Part.Said(turn.text()));
        return new MediaTurn(turn.role(), parts);
    }

    /** Turns of text alone. */
    static List<MediaTurn> of(List<Turn> turns) {
        return turns.stream().map(turn -> of(turn, List.of())).toList();
    }

    /** The same with all media in front of all text. */
    public MediaTurn mediaFirst() {
        List<Part> ordered = new ArrayList<>(shown());
        parts.stream().filter(Part.Said.class::isInstance).forEach(ordered::add);
        return new MediaTurn(role, ordered);
    }

    private List<Part> shown() {
        return parts.stream().filter(Part.Shown.class::isInstance).toList();
    }

    /** Whether nothing is said or shown. */
    boolean isEmpty() {
        return parts.stream()
                .allMatch(part -> part instanceof Part.Said said && said.text().isEmpty());
    }
}
