package io.longreel.curriculum.needle;

/** Hears how a test of needles gets on. Called by one thread at a time. */
public interface ExamListener {

    /** What is to be done; {@code cellsKnown} of the cells were tested before. */
    void begun(ExamPlan plan, int cellsKnown);

    /** One test of those that had to be done. */
    default void tested(int testsDone, int testsAll) {}

    /** A cell is done, and on disk. */
    void finished(CellResult cell, int cellsDone, int cellsAll);
}
