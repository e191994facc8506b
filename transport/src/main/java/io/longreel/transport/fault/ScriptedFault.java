package io.longreel.transport.fault;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Faults at named frames, each struck once, and the record of those that did strike. A test ends by asking {@link #fired}: a fault that never
 * fired proves nothing. Any thread.
 */
public final class ScriptedFault implements LinkFault {

    /** A frame: number {@code sequence} (from 0) that {@code source} sends to {@code target}. */
    public record Point(int source, int target, long sequence) {}

    private final Map<Point, Action> script;
    private final Set<Point> fired = ConcurrentHashMap.newKeySet();

    private ScriptedFault(Map<Point, Action> script) {
        this.script = Map.copyOf(script);
    }

    public static ScriptedFault of(Map<Point, Action> script) {
        return new ScriptedFault(script);
    }

    public static ScriptedFault at(int source, int target, long sequence, Action action) {
        return new ScriptedFault(Map.of(new Point(source, target, sequence), action));
    }

    @Override
    public Action onFrame(int generation, int source, int target, long sequence) {
        Point point = new Point(source, target, sequence);
        Action action = script.get(point);
        if (action == null || !fired.add(point)) {
            return Action.DELIVER;
        }
        return action;
    }

    /** Points that were struck. */
    public Set<Point> fired() {
        return Set.copyOf(fired);
    }

    /** Whether every point of the script was struck. */
    public boolean allFired() {
        return fired.containsAll(script.keySet());
    }
}
