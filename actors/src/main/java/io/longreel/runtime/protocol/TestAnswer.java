package io.longreel.runtime.protocol;

import java.util.List;

/**
 * The model's answer to one question of an evaluation: the most likely token at each place, and whether all of them are
 * right.
 */
public record TestAnswer(List<Integer> tokens, boolean correct) {
    public TestAnswer {
        tokens = List.copyOf(tokens);
    }
}
