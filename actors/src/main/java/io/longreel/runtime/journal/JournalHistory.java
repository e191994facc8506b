package io.longreel.runtime.journal;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the journal of a run says, all terms joined.
 *
 * @param term newest term; 0 when there is no journal
 * @param lines what counts, numbered from 1 without gaps
 * @param superseded what supervisors wrote when the next term had begun: it never counted, and nobody acted on it
 * @param damagedBytes what cannot be trusted: torn last lines, damaged lines and all that follows them in their file
 */
public record JournalHistory(int term, List<JournalLine> lines, List<JournalLine> superseded, long damagedBytes) {
    public JournalHistory {
        lines = List.copyOf(lines);
        superseded = List.copyOf(superseded);
    }

    /** What counts, without numbers and times. */
    public Stream<JournalEntry> entries() {
        return lines.stream().map(JournalLine::entry);
    }

    /** Number that the next line gets. */
    public long nextSequence() {
        return lines.size() + 1L;
    }

    /** The newest entry of a kind. */
    public <T extends JournalEntry> Optional<T> last(Class<T> type) {
        return entries().filter(type::isInstance).map(type::cast).reduce((earlier, later) -> later);
    }

    /** Highest generation that any supervisor has given out, whether its entry counts or not; 0 when there was none. */
    public int lastGeneration() {
        return Stream.concat(lines.stream(), superseded.stream())
                .mapToInt(line -> switch (line.entry()) {
                    case JournalEntry.Placed placed -> placed.generation();
                    case JournalEntry.Recovering recovering -> recovering.generation();
                    default -> 0;
                })
                .max()
                .orElse(0);
    }
}
