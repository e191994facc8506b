package io.longreel.curriculum.eval.task;

import java.util.Map;
import java.util.Optional;

/**
 * What became of an item.
 *
 * @param answer of the model, as it came; empty for one that was not asked or has got none yet
 * @param extracted what of it counts; empty = not answered
 * @param correct empty where nobody knows, or a judge gives scores alone
 * @param judged replies of the judge by criterion; none of an answer that was not judged
 * @param trouble why there is no answer, or no judgement, in one line; blank = there is
 */
record Outcome(
        Item item,
        State state,
        Optional<String> answer,
        Optional<String> extracted,
        Optional<Boolean> correct,
        Map<String, JudgeReply> judged,
        String trouble) {

    /** How far it got. */
    enum State {
        ANSWERED,
        /** The record cannot be asked. */
        UNUSABLE,
        /** The model was away; the next run asks again. */
        PENDING,
        /** There is an answer, but the judge said nothing that is a judgement. */
        UNJUDGED
    }

    Outcome {
        judged = Map.copyOf(judged);
    }

    static Outcome none(Item item, State state, String trouble) {
        return new Outcome(item, state, Optional.empty(), Optional.empty(), Optional.of(false), Map.of(), trouble);
    }

    boolean isCorrect() {
        return correct.orElse(false);
    }

    /** Whether the model said something that is no answer. */
    boolean isUnanswered() {
        return state == State.ANSWERED && extracted.isEmpty();
    }
}
