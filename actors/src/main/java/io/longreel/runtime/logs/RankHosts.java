package io.longreel.runtime.logs;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.JournalHistory;
import io.longreel.runtime.journal.JournalLine;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** Which node hosted a rank when, as the journal has it: ranks move, and a log is older than the newest mesh. */
final class RankHosts {
    static final RankHosts NONE = new RankHosts();

    private final NavigableMap<LocalDateTime, List<String>> nodesByTime = new TreeMap<>();

    private RankHosts() {}

    static RankHosts of(JournalHistory journal) {
        RankHosts hosts = new RankHosts();
        for (JournalLine line : journal.lines()) {
            if (line.entry() instanceof JournalEntry.Placed placed) {
                hosts.nodesByTime.put(LocalDateTime.ofInstant(line.time(), ZoneId.systemDefault()), placed.nodeIds());
            }
        }
        return hosts;
    }

    /** Before the first mesh its nodes count: what they said on their way into it belongs to them. */
    Optional<String> at(int rank, LocalDateTime time) {
        Map.Entry<LocalDateTime, List<String>> placed = nodesByTime.floorEntry(time);
        List<String> nodes = placed == null
                ? nodesByTime.isEmpty() ? List.of() : nodesByTime.firstEntry().getValue()
                : placed.getValue();
        return rank < nodes.size() ? Optional.of(nodes.get(rank)) : Optional.empty();
    }

    /** Refuses a rank that no mesh of the run has had. */
    void require(int rank) {
        int ranks = nodesByTime.values().stream().mapToInt(List::size).max().orElse(0);
        if (rank < 0 || rank >= ranks) {
            throw RuntimeFailure.config(
                    ranks == 0
                            ? "no rank has had a place in this run: leave out --rank"
                            : "--rank must be from 0 to %d, as the run has %d ranks, not %d"
                                    .formatted(ranks - 1, ranks, rank));
        }
    }
}
