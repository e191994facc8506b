package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.TestAnswer;
import java.util.List;

/**
 * One cell of a needle test, as all ranks answered it.
 *
 * @param depth place of the needle, 0 = first frame, 1 = last
 */
public record CellOutcome(int frames, double depth, List<TestAnswer> answers) {
    public CellOutcome {
        answers = List.copyOf(answers);
    }

    public int correct() {
        return (int) answers.stream().filter(TestAnswer::correct).count();
    }

    public int total() {
        return answers.size();
    }
}
