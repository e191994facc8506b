package io.longreel.curriculum.needle;

import java.util.List;

/**
 * What became of the tests of one length and depth.
 *
 * @param tokens of the longest of its tests, frames expanded
 * @param timeNs of all of its tests
 */
public record CellResult(int frames, double depth, List<Test> tests, long tokens, long timeNs) {

    /**
     * One needle.
     *
     * @param isCorrect whether the answer is the expected one but for spaces and case: what the paper counts
     * @param isExact whether it is so token by token (by generation: character by character)
     */
    public record Test(String question, String expected, String answered, boolean isCorrect, boolean isExact) {}

    public CellResult {
        tests = List.copyOf(tests);
    }

    public int correct() {
        return (int) tests.stream().filter(Test::isCorrect).count();
    }

    public int exact() {
        return (int) tests.stream().filter(Test::isExact).count();
    }
}
