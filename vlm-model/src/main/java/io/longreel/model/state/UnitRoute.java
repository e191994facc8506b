package io.longreel.model.state;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The order in which one pass uses units. Written down while the pass is planned, by the pass's own code; then it tells what to fetch ahead, holds the
 * real pass to it, and lets a rank without a batch take part in the exchanges. Not thread-safe.
 */
public final class UnitRoute {

    /** What happens to a unit. */
    enum Kind {
        /** Its weights are needed. */
        USE,
        /** Its gradients start to accumulate. */
        OPEN,
        /** Its gradients are complete for this pass. */
        CLOSE
    }

    record Stop(Kind kind, String unit) {}

    private final List<Stop> stops = new ArrayList<>();

    void add(Kind kind, String unit) {
        stops.add(new Stop(kind, unit));
    }

    List<Stop> stops() {
        return stops;
    }

    /** The unit whose weights are needed after those of {@code stops[at]}; null when there is none. */
    @Nullable
    String nextUse(int at) {
        String now = stops.get(at).unit;
        for (Stop stop : stops.subList(at + 1, stops.size())) {
            if (stop.kind == Kind.USE && !stop.unit.equals(now)) {
                return stop.unit;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return stops.toString();
    }
}
