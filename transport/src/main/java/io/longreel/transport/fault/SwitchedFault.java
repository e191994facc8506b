package io.longreel.transport.fault;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Faults that are switched on and off while ranks run, by rules. Several rules may mean the same frame: what holds it comes first, and the earliest
 * of the others strikes it. Keeps the count of struck frames of every rule that there was, for a fault that never struck proves nothing. Any thread;
 * costs one look at an empty list while nothing is switched on.
 */
public final class SwitchedFault implements LinkFault {

    /** A link's frame that a rule holds back, or did. */
    private record Held(int generation, long sequence, int pollsLeft) {}

    private record Pair(int source, int target) {}

    /** A rule that is on. */
    private static final class Switched {
        private final LinkRule rule;
        private final Map<Pair, Held> held = new LinkedHashMap<>();
        private long struck;

        private Switched(LinkRule rule) {
            this.rule = rule;
        }
    }

    private final List<Switched> rules = new CopyOnWriteArrayList<>();
    private final Map<String, Long> struckBefore = new TreeMap<>();

    /** Switches a rule on. */
    public synchronized void on(LinkRule rule) {
        if (rules.stream().anyMatch(present -> present.rule.name().equals(rule.name()))) {
            throw new IllegalArgumentException("rule must have a name of its own: name=" + rule.name());
        }
        rules.add(new Switched(rule));
    }

    /** Switches a rule off; returns whether it was on. What it held goes on its way. */
    public synchronized boolean off(String name) {
        for (Switched present : rules) {
            if (present.rule.name().equals(name)) {
                rules.remove(present);
                struckBefore.merge(name, present.struck, Long::sum);
                return true;
            }
        }
        return false;
    }

    /** Switches everything off. */
    public synchronized void heal() {
        rules.forEach(present -> off(present.rule.name()));
    }

    /** Frames struck by all rules of this name so far; a frame that is held counts once. */
    public synchronized long struck(String name) {
        long now = rules.stream()
                .filter(present -> present.rule.name().equals(name))
                .mapToLong(present -> present.struck)
                .sum();
        return struckBefore.getOrDefault(name, 0L) + now;
    }

    @Override
    public Action onFrame(int generation, int source, int target, long sequence) {
        return rules.isEmpty() ? Action.DELIVER : decide(generation, source, target, sequence);
    }

    private synchronized Action decide(int generation, int source, int target, long sequence) {
        for (Switched present : rules) {
            if (holdsBack(present.rule.effect()) && holds(present, generation, source, target, sequence)) {
                return Action.HOLD;
            }
        }
        for (Switched present : rules) {
            LinkRule rule = present.rule;
            if (!holdsBack(rule.effect())
                    && present.struck < rule.times()
                    && rule.means(generation, source, target, sequence)) {
                present.struck++;
                return strike(rule.effect());
            }
        }
        return Action.DELIVER;
    }

    private static boolean holds(Switched present, int generation, int source, int target, long sequence) {
        LinkRule rule = present.rule;
        if (!rule.means(generation, source, target, sequence)) {
            return false;
        }
        Pair pair = new Pair(source, target);
        Held held = present.held.get(pair);
        if (held == null || held.generation() != generation || held.sequence() != sequence) {
            if (present.struck >= rule.times()) {
                return false;
            }
            held = new Held(generation, sequence, rule.polls(generation, source, target, sequence));
            present.struck += rule.effect() == LinkRule.Effect.HOLD || held.pollsLeft() > 0 ? 1 : 0;
        } else if (held.pollsLeft() > 0) {
            held = new Held(generation, sequence, held.pollsLeft() - 1);
        }
        present.held.put(pair, held);
        return rule.effect() == LinkRule.Effect.HOLD || held.pollsLeft() > 0;
    }

    private static boolean holdsBack(LinkRule.Effect effect) {
        return effect == LinkRule.Effect.DELAY || effect == LinkRule.Effect.HOLD;
    }

    private static Action strike(LinkRule.Effect effect) {
        return switch (effect) {
            case DROP -> Action.DROP;
            case CORRUPT -> Action.CORRUPT;
            case DUPLICATE -> Action.DUPLICATE;
            case STALE_TWIN -> Action.STALE_TWIN;
            case CUT -> Action.CUT;
            case DELAY, HOLD -> Action.HOLD;
        };
    }
}
