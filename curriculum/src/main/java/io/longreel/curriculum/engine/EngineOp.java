package io.longreel.curriculum.engine;

import java.util.List;

/** One thing that all ranks do together. Pure data. */
public sealed interface EngineOp {

    /**
     * A request is begun in a sequence.
     *
     * @param turn a number that no other use of a sequence has
     * @param reuses whether the sequence is there, and its first {@code length} tokens are the request's
     * @param rowsMax rows that a rank needs for it at most
     * @param answered tokens that were chosen before its sequence was lost; they are part of the prompt now
     */
    record Begin(
            long sequence,
            long turn,
            boolean reuses,
            int length,
            int rowsMax,
            EngineRequest request,
            List<Integer> answered)
            implements EngineOp {
        public Begin {
            answered = List.copyOf(answered);
        }
    }

    /**
     * The next piece of a prompt, which is the request's ids and what was answered before.
     *
     * @param from first id, {@code to} end
     * @param asks whether the prompt ends with it: the first token is chosen
     */
    record Extend(long sequence, int from, int to, boolean asks) implements EngineOp {}

    /** So many more tokens of each sequence, as long as its answer is not over. */
    record Decode(List<Long> sequences, int steps) implements EngineOp {
        public Decode {
            sequences = List.copyOf(sequences);
        }
    }

    /** First on a new mesh incarnation: what is left of the one before, wherever it lies, goes where it belongs. */
    record Recall() implements EngineOp {}

    /** A sequence is not needed any more. */
    record End(long sequence) implements EngineOp {}
}
