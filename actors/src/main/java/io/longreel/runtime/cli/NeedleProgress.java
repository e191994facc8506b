package io.longreel.runtime.cli;

import io.longreel.curriculum.needle.CellResult;
import io.longreel.curriculum.needle.ExamListener;
import io.longreel.curriculum.needle.ExamPlan;
import java.io.PrintWriter;
import java.util.Locale;

/** A line for each cell of a needle test; on a terminal also one that is drawn over, for the tests in between. One thread at a time. */
final class NeedleProgress implements ExamListener {
    private static final String REDRAW = "\r\u001b[K";
    private static final double NS_PER_SECOND = 1e9;

    private final PrintWriter out;
    private final boolean isTerminal;

    NeedleProgress(PrintWriter out, boolean isTerminal) {
        this.out = out;
        this.isTerminal = isTerminal;
    }

    @Override
    public void begun(ExamPlan plan, int cellsKnown) {
        out.printf(
                Locale.ROOT,
                "%d cells of %d tests, up to %,d tokens; the footage has %,d frames%s%n",
                plan.cells(),
                plan.testsPerCell(),
                plan.tokensMax(),
                plan.footageFrames(),
                cellsKnown == 0 ? "" : "; %d cells are tested already".formatted(cellsKnown));
        if (plan.tokensMax() > plan.contextTokensMax()) {
            out.printf(
                    Locale.ROOT,
                    "the model was made for %,d tokens: longer haystacks show how it fails%n",
                    plan.contextTokensMax());
        }
        out.flush();
    }

    @Override
    public void tested(int testsDone, int testsAll) {
        if (isTerminal) {
            out.print(REDRAW + "test %d of %d".formatted(testsDone, testsAll));
            out.flush();
        }
    }

    @Override
    public void finished(CellResult cell, int cellsDone, int cellsAll) {
        out.printf(
                Locale.ROOT,
                "%scell %d of %d: %,d frames, depth %.0f %%: %d of %d right (%d token by token), %,d tokens, %.1f s%n",
                isTerminal ? REDRAW : "",
                cellsDone,
                cellsAll,
                cell.frames(),
                100 * cell.depth(),
                cell.correct(),
                cell.tests().size(),
                cell.exact(),
                cell.tokens(),
                cell.timeNs() / NS_PER_SECOND);
        out.flush();
    }
}
