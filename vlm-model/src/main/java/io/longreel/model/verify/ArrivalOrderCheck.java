package io.longreel.model.verify;

import io.longreel.model.verify.AttentionRun.Outcome;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.fault.SeededDelay;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs a case again, and with messages held back at random: the bits of every result must be the same. */
final class ArrivalOrderCheck {
    private static final int DELAYS = 3;

    /** Polls that a frame is held back for at most. */
    private static final int HOLDS_MAX = 400;

    private final AttentionRun run;
    private final long seed;

    /** What was compared: runs beside the first of each case, and frames that really were held back. */
    record Summary(int cases, int runs, long heldFrames, List<String> failures) {
        static final Summary NONE = new Summary(0, 0, 0, List.of());

        Summary plus(Summary other) {
            List<String> both = new ArrayList<>(failures);
            both.addAll(other.failures);
            return new Summary(cases + other.cases, runs + other.runs, heldFrames + other.heldFrames, both);
        }
    }

    ArrivalOrderCheck(AttentionRun run, long seed) {
        this.run = run;
        this.seed = seed;
    }

    Summary check(AttentionCase c) {
        TokenSequence sequence = c.sequence();
        AttentionInputs in = c.inputs();
        Outcome first = run.run(c, sequence, in, LinkFault.NONE);
        List<String> failures = new ArrayList<>();
        compare("again", first, run.run(c, sequence, in, LinkFault.NONE), c, failures);
        long held = 0;
        for (int i = 0; i < DELAYS; i++) {
            SeededDelay delays = new SeededDelay(seed + i, HOLDS_MAX);
            compare("delays=" + (seed + i), first, run.run(c, sequence, in, delays), c, failures);
            held += delays.heldFrames();
        }
        if (held == 0) {
            failures.add("delays must have happened: " + c);
        }
        return new Summary(1, 1 + DELAYS, held, failures);
    }

    private static void compare(String how, Outcome first, Outcome second, AttentionCase c, List<String> failures) {
        boolean same = Arrays.equals(first.out(), second.out())
                && Arrays.equals(first.lse(), second.lse())
                && Arrays.equals(first.dq(), second.dq())
                && Arrays.equals(first.dk(), second.dk())
                && Arrays.equals(first.dv(), second.dv());
        if (!same) {
            failures.add("a run must give the same bits whatever arrives first: run=%s %s".formatted(how, c));
        }
    }
}
