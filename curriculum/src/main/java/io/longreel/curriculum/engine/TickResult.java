package io.longreel.curriculum.engine;

import io.longreel.model.InferenceSession.Kept;
import java.util.ArrayList;
import java.util.List;

/**
 * What a tick brought. But for the reasons, it must be the same on all ranks.
 *
 * @param kept sequences that an earlier mesh incarnation has left
 */
public record TickResult(long number, List<Chosen> chosen, List<Unreadable> unreadable, List<Kept> kept) {
    public TickResult {
        chosen = List.copyOf(chosen);
        unreadable = List.copyOf(unreadable);
        kept = List.copyOf(kept);
    }

    /** Of a tick that recalls nothing. */
    public TickResult(long number, List<Chosen> chosen, List<Unreadable> unreadable) {
        this(number, chosen, unreadable, List.of());
    }

    /** New tokens of a sequence, in order. */
    public record Chosen(long sequence, List<Integer> tokens) {
        public Chosen {
            tokens = List.copyOf(tokens);
        }
    }

    /**
     * A sequence whose frames cannot be read; it is as it was.
     *
     * @param reason empty on ranks whose own frames can be
     */
    public record Unreadable(long sequence, String reason) {}

    /** Whether two ranks say the same. */
    public boolean agreesWith(TickResult other) {
        return number == other.number
                && chosen.equals(other.chosen)
                && kept.equals(other.kept)
                && sequences(unreadable).equals(sequences(other.unreadable));
    }

    private static List<Long> sequences(List<Unreadable> failed) {
        return failed.stream().map(Unreadable::sequence).toList();
    }

    /** With the reasons that another rank has. */
    public TickResult joined(TickResult other) {
        List<Unreadable> reasons = new ArrayList<>();
        for (int i = 0; i < unreadable.size(); i++) {
            reasons.add(unreadable.get(i).reason().isEmpty() ? other.unreadable.get(i) : unreadable.get(i));
        }
        return new TickResult(number, chosen, reasons, kept);
    }
}
