package io.longreel.runtime.cli;

import io.longreel.curriculum.eval.task.EvaluationListener;
import io.longreel.curriculum.eval.task.EvaluationProgress;
import java.io.PrintWriter;
import java.time.InstantSource;

/** Shows how an evaluation gets on; trouble gets a line that stays. */
final class EvalProgressLine implements EvaluationListener {
    private final PrintWriter err;
    private final LiveLine line;

    EvalProgressLine(PrintWriter out, PrintWriter err, boolean isTerminal, InstantSource clock) {
        this.err = err;
        this.line = new LiveLine(out, isTerminal, clock, false);
    }

    @Override
    public void progressed(EvaluationProgress progress) {
        line.reach(progress.asked(), () -> text(progress));
    }

    @Override
    public synchronized void trouble(String text) {
        clear();
        err.println("longreel: " + text);
        err.flush();
    }

    /** Makes room for a line that stays. */
    void clear() {
        line.clear();
    }

    private String text(EvaluationProgress progress) {
        String troubled = progress.troubled() == 0 ? "" : ", %d with trouble".formatted(progress.troubled());
        int left = progress.total() - progress.done();
        return "questions %d/%d%s%s".formatted(progress.done(), progress.total(), troubled, line.pace(left, ""));
    }
}
