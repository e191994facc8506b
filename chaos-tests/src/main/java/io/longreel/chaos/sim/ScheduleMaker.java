package io.longreel.chaos.sim;

import io.longreel.chaos.sim.Fault.Direction;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws schedules: most of them small, some with many ranks; one to six faults, often one within the recovery from another. What is drawn can be
 * survived: a node always comes back or may be done without.
 */
final class ScheduleMaker {
    private static final int FAULTS_MAX = 6;

    /** A run begins when all its nodes are there; until then none may stay away. */
    private static final long FORMED_MS = 8_000;

    private final Chance chance;
    private final long seed;
    private final List<Fault> faults = new ArrayList<>();
    private int nodes;
    private int spares;
    private boolean isElastic;
    private int mayBeMissing;

    private ScheduleMaker(long seed) {
        this.seed = seed;
        this.chance = new Chance(seed).of("schedule");
    }

    static Schedule of(long seed) {
        return new ScheduleMaker(seed).make();
    }

    private Schedule make() {
        int ranksPerNode = drawShape();
        spares = chance.happens(0.4) ? chance.between(1, 2) : 0;
        isElastic = chance.happens(0.8);
        mayBeMissing = isElastic ? nodes + spares - 1 : spares;
        long stepUs = chance.pick(List.of(20_000L, 80_000L, 300_000L));
        List<Integer> steps = new ArrayList<>();
        int stages = chance.between(1, 3);
        for (int stage = 0; stage < stages; stage++) {
            steps.add(chance.between(2, 14));
        }
        long lengthMs = steps.stream().mapToInt(Integer::intValue).sum() * stepUs / 1000 + 1_000;
        int count = chance.between(1, FAULTS_MAX);
        long atMs = 0;
        for (int i = 0; i < count; i++) {
            boolean isClose = i > 0 && chance.happens(0.5);
            atMs = isClose ? atMs + chance.between(0, 3_000) : chance.between(200, 1_500 + lengthMs);
            faults.add(draw(atMs, steps));
        }
        return new Schedule(
                seed,
                nodes,
                ranksPerNode,
                spares,
                chance.happens(0.85) ? 1 : chance.between(0, 2),
                steps,
                chance.happens(0.2),
                chance.between(1, 3),
                chance.pick(List.of(0, 3, 5, 10)),
                chance.pick(List.of(1, 1, 2, 4, 0)),
                stepUs,
                isElastic,
                faults);
    }

    /** Sets the number of nodes; returns the ranks of each. */
    private int drawShape() {
        long kind = chance.between(0, 999);
        if (kind < 2) {
            nodes = 32;
            return 8;
        }
        if (kind < 30) {
            nodes = chance.between(5, 12);
            return chance.between(1, 4);
        }
        nodes = chance.between(1, 4);
        return chance.between(1, 2);
    }

    private String host() {
        return Schedule.host(chance.between(0, nodes + spares - 1));
    }

    private Fault draw(long atMs, List<Integer> steps) {
        int stage = chance.between(0, steps.size() - 1);
        int step = chance.between(0, steps.get(stage) - 1);
        return switch (chance.between(0, 16)) {
            case 0, 1 -> new Fault.Crash(atMs, host(), againMs(atMs));
            case 2 -> {
                faults.add(new Fault.Crash(atMs, host(), chance.between(200, 4_000)));
                yield new Fault.Crash(atMs + chance.between(0, 50), host(), chance.between(200, 4_000));
            }
            case 3, 4 -> new Fault.Pause(atMs, host(), chance.between(50, 8_000));
            case 5 -> new Fault.Cut(atMs, host(), "", direction(), chance.between(50, 6_000), loss());
            case 6 -> new Fault.Cut(atMs, host(), "seed", direction(), chance.between(50, 6_000), loss());
            case 7 -> new Fault.Cut(atMs, host(), host(), direction(), chance.between(50, 6_000), loss());
            case 8 -> new Fault.Slow(atMs, host(), chance.between(500, 5_000), chance.between(2, 8));
            case 9 -> chance.happens(0.5) ? new Fault.Stick(atMs, host()) : new Fault.LoseFrame(atMs, host());
            case 10 -> new Fault.FullDisk(atMs, chance.between(100, 10_000));
            case 11 -> new Fault.SlowDisk(atMs, chance.between(100, 10_000), chance.between(10, 1_000));
            case 12 -> leaveOrJoin(atMs);
            case 13 ->
                switch (chance.between(0, 2)) {
                    case 0 -> new Fault.NotFinite(stage, step, "", Integer.MAX_VALUE);
                    case 1 -> new Fault.NotFinite(stage, step, host(), 1);
                    default -> new Fault.FlipBit(stage, step, host());
                };
            case 14 -> {
                String host = host();
                faults.add(new Fault.Crash(atMs, host, 300));
                faults.add(new Fault.Crash(atMs + 4_000, host, 300));
                yield new Fault.Crash(atMs + 8_000, host, 300);
            }
            case 15 -> new Fault.SupervisorCrash(atMs, chance.between(500, 5_000));
            default -> new Fault.SupervisorPause(atMs, chance.between(500, 5_000), chance.between(1_000, 10_000));
        };
    }

    private Fault leaveOrJoin(long atMs) {
        if (chance.happens(0.5)) {
            return new Fault.Join(atMs, Schedule.host(nodes + spares + chance.between(0, 1)));
        }
        return new Fault.Leave(atMs, host(), againMs(atMs));
    }

    /** When a process starts again; negative: never. */
    private long againMs(long atMs) {
        if (mayBeMissing > 0 && atMs > FORMED_MS && chance.happens(0.3)) {
            mayBeMissing--;
            return -1;
        }
        if (mayBeMissing > 0 && isElastic && atMs > FORMED_MS && chance.happens(0.1)) {
            mayBeMissing--;
            return chance.between(21_000, 40_000);
        }
        return chance.between(200, 6_000);
    }

    private Direction direction() {
        return chance.pick(List.of(Direction.BOTH, Direction.BOTH, Direction.FROM, Direction.TO));
    }

    private double loss() {
        return chance.pick(List.of(0.0, 0.3, 1.0));
    }
}
