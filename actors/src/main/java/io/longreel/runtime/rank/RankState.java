package io.longreel.runtime.rank;

import io.longreel.runtime.protocol.RankCommand;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything a rank's core knows. Immutable; only {@link RankCore} makes the next one.
 *
 * @param generation mesh incarnation that the rank belongs to, for its whole life
 * @param isOver the rank takes nothing on any more
 * @param pending commands handed to the compute thread and not answered, oldest first
 */
public record RankState(int rank, int generation, boolean isOver, List<RankCommand.FromSupervisor> pending) {
    public RankState {
        pending = List.copyOf(pending);
    }

    /** A rank that connects to its peers. */
    public static RankState initial(int rank, int generation) {
        return new RankState(rank, generation, false, List.of());
    }

    RankState with(RankCommand.FromSupervisor command) {
        List<RankCommand.FromSupervisor> all = new ArrayList<>(pending);
        all.add(command);
        return new RankState(rank, generation, isOver, all);
    }

    RankState answered() {
        return new RankState(rank, generation, isOver, pending.subList(1, pending.size()));
    }

    RankState over() {
        return new RankState(rank, generation, true, List.of());
    }
}
