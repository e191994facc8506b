package io.longreel.runtime.supervisor;

import io.longreel.runtime.supervisor.Phase.Failure;
import java.util.ArrayList;
import java.util.List;

/**
 * A recovery that has not led to a new commit yet. Immutable.
 *
 * @param sinceMs when the first failure was noticed
 * @param attempts mesh incarnations that were tried for it; planned moves do not count
 * @param failures what went wrong, in the order of notice
 * @param replayed steps that were computed again
 */
public record Recovery(long sinceMs, int attempts, List<Failure> failures, int replayed) {
    private static final int ATTEMPTS_AT_ONCE = 2;
    private static final long BACK_OFF_MS = 1_000;
    private static final long BACK_OFF_MAX_MS = 8_000;

    public Recovery {
        failures = List.copyOf(failures);
    }

    static Recovery begun(long nowMs) {
        return new Recovery(nowMs, 0, List.of(), 0);
    }

    Recovery with(Failure failure) {
        List<Failure> all = new ArrayList<>(failures);
        all.add(failure);
        return new Recovery(sinceMs, attempts, all, replayed);
    }

    Recovery oneMoreAttempt() {
        return new Recovery(sinceMs, attempts + 1, failures, replayed);
    }

    Recovery oneMoreReplayed() {
        return new Recovery(sinceMs, attempts, failures, replayed + 1);
    }

    /**
     * How long to wait before an attempt. One fault and another one during the recovery from it are met at once. What keeps coming back,
     * such as an interface that is down, gets longer and longer to pass, so that the attempts are not used up while it does.
     *
     * @param attempt its number in this recovery, from 1
     */
    static long backOffMs(int attempt) {
        return attempt <= ATTEMPTS_AT_ONCE
                ? 0
                : Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS << Math.min(attempt - ATTEMPTS_AT_ONCE - 1, 10));
    }

    /** The line that tells best why: a cause rather than a symptom, the newest of them. */
    Failure best() {
        return failures.stream().filter(Failure::isCause).reduce((a, b) -> b).orElseGet(failures::getLast);
    }
}
