package io.longreel.runtime.supervisor;

import io.longreel.config.RecoverySettings.Quarantine;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Who works on the run, who did and must not any more, and who keeps getting lost. Immutable.
 *
 * @param members by process id
 * @param fenced processes that were declared lost and have not joined again, and since when they had been known
 * @param records losses by node id
 */
public record Crew(SortedMap<String, Member> members, SortedMap<String, Long> fenced, Map<String, Losses> records) {
    /** So many processes are remembered as fenced; older ones are fenced as strangers all the same. */
    private static final int FENCED_MAX = 10_000;

    public Crew {
        members = Collections.unmodifiableSortedMap(members);
        fenced = Collections.unmodifiableSortedMap(fenced);
        records = Collections.unmodifiableMap(records);
    }

    /**
     * Losses of a node id.
     *
     * @param atMs newest losses, oldest first
     * @param quarantines how often it had to wait so far
     * @param untilMs end of the newest quarantine
     */
    record Losses(List<Long> atMs, int quarantines, long untilMs) {
        Losses {
            atMs = List.copyOf(atMs);
        }
    }

    static Crew empty() {
        return new Crew(new TreeMap<>(), Collections.emptySortedMap(), Map.of());
    }

    Optional<Member> member(String processId) {
        return Optional.ofNullable(members.get(processId));
    }

    /** A process that asks to join; what it was before it was lost counts, as it has not been started anew. */
    Member joining(String processId, String nodeId, long nowMs) {
        return Member.joining(processId, nodeId, fenced.getOrDefault(processId, nowMs), nowMs);
    }

    Crew with(Member member) {
        SortedMap<String, Member> all = new TreeMap<>(members);
        all.put(member.processId(), member);
        SortedMap<String, Long> rest = fenced;
        if (fenced.containsKey(member.processId())) {
            rest = new TreeMap<>(fenced);
            rest.remove(member.processId());
        }
        return new Crew(all, rest, records);
    }

    Crew change(UnaryOperator<Member> change) {
        SortedMap<String, Member> all = new TreeMap<>(members);
        all.replaceAll((id, member) -> change.apply(member));
        return new Crew(all, fenced, records);
    }

    /** The process is not one of us any more; what it says from now on is refused. */
    Crew without(String processId) {
        SortedMap<String, Member> rest = new TreeMap<>(members);
        Member lost = rest.remove(processId);
        SortedMap<String, Long> gone = fenced.size() >= FENCED_MAX ? new TreeMap<>() : new TreeMap<>(fenced);
        if (lost != null) {
            gone.put(processId, lost.knownSinceMs());
        }
        return new Crew(rest, gone, records);
    }

    /** Notes that a node was lost; when it was lost too often, it has to wait. */
    Crew noteLoss(String nodeId, long nowMs, Quarantine rule) {
        Losses known = records.getOrDefault(nodeId, new Losses(List.of(), 0, 0));
        List<Long> recent = new ArrayList<>(known.atMs().stream()
                .filter(at -> nowMs - at < rule.within().toMillis())
                .toList());
        recent.add(nowMs);
        Losses next = new Losses(recent, known.quarantines(), known.untilMs());
        if (recent.size() >= rule.losses()) {
            int doublings = Math.min(known.quarantines(), 20);
            next = new Losses(
                    List.of(), known.quarantines() + 1, nowMs + (rule.backOff().toMillis() << doublings));
        }
        Map<String, Losses> all = new TreeMap<>(records);
        all.put(nodeId, next);
        return new Crew(members, fenced, all);
    }

    /** How long a node still has to wait; 0 when it need not. */
    long quarantineMs(String nodeId, long nowMs) {
        Losses losses = records.get(nodeId);
        return losses == null ? 0 : Math.max(0, losses.untilMs() - nowMs);
    }

    /** Those that can host ranks and mean to stay, by node id. */
    List<Member> available() {
        return members.values().stream()
                .filter(member -> member.isReady() && !member.isLeaving())
                .sorted(Comparator.comparing(Member::nodeId))
                .toList();
    }

    List<String> readyIds() {
        return members.values().stream()
                .filter(Member::isReady)
                .map(Member::processId)
                .toList();
    }

    boolean hasNode(String nodeId) {
        return members.values().stream().anyMatch(member -> member.nodeId().equals(nodeId));
    }
}
