package io.longreel.runtime.supervisor;

import java.util.OptionalLong;

/**
 * What is measured while the run goes on.
 *
 * @param tickMs when the clock was looked at last
 * @param movedMs when anything was seen to get on: a phase that changed, a rank that computed or exchanged something
 * @param askedMs when the recorder was asked whether it has caught up; empty when it has
 */
public record Watch(
        long tickMs, long movedMs, OptionalLong askedMs, SnapshotPace pace, Stragglers stragglers, LossHistory losses) {
    static Watch initial(long nowMs) {
        return new Watch(
                nowMs,
                nowMs,
                OptionalLong.empty(),
                SnapshotPace.initial(nowMs),
                Stragglers.none(),
                LossHistory.empty());
    }

    Watch ticked(long nowMs) {
        return new Watch(nowMs, movedMs, askedMs, pace, stragglers, losses);
    }

    Watch moved(long nowMs) {
        return new Watch(tickMs, nowMs, askedMs, pace, stragglers, losses);
    }

    Watch asked(OptionalLong sinceMs) {
        return new Watch(tickMs, movedMs, sinceMs, pace, stragglers, losses);
    }

    Watch with(SnapshotPace next) {
        return new Watch(tickMs, movedMs, askedMs, next, stragglers, losses);
    }

    Watch with(Stragglers next) {
        return new Watch(tickMs, movedMs, askedMs, pace, next, losses);
    }

    Watch with(LossHistory next) {
        return new Watch(tickMs, movedMs, askedMs, pace, stragglers, next);
    }
}
