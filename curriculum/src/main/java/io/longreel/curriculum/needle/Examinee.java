package io.longreel.curriculum.needle;

import java.util.List;

/** What is examined: a model, asked in one way or another. */
interface Examinee {

    /**
     * A needle in a haystack.
     *
     * @param needleAt frames of the footage in front of the needle
     */
    record Test(int frames, int needleAt, HiddenNeedle needle) {}

    /** Hears answers in the order of the tests. */
    interface Answers {
        /** The first test begins: what comes before it is no test's time. */
        void begun();

        void answered(CellResult.Test result);
    }

    /** Length of a test with its answer, frames expanded. */
    long tokens(Test test);

    void answer(List<Test> tests, Answers answers);
}
