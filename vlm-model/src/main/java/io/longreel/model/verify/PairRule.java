package io.longreel.model.verify;

/** Whether one query may look at one key: a mask as it is defined, pair by pair. */
@FunctionalInterface
interface PairRule {

    boolean visible(TokenSequence s, int query, int key);

    /** All tokens of the own document. */
    static PairRule document() {
        return (s, q, k) -> s.documentOf()[q] == s.documentOf()[k];
    }

    /** The token itself and those before it. */
    static PairRule causal() {
        return (s, q, k) -> k <= q;
    }

    /** At most so many tokens back and ahead; the window sizes of TransformerEngine. */
    static PairRule window(int back, int ahead) {
        return (s, q, k) -> q - k <= back && k - q <= ahead;
    }

    /** The first tokens of a document (Xiao et al., StreamingLLM). */
    static PairRule sinks(int count) {
        return (s, q, k) -> s.positionOf()[k] < count;
    }

    /** Both tokens belong to the same image or video. */
    static PairRule sameMedium() {
        return (s, q, k) -> s.mediumOf()[q] >= 0 && s.mediumOf()[q] == s.mediumOf()[k];
    }

    default PairRule and(PairRule other) {
        return (s, q, k) -> visible(s, q, k) && other.visible(s, q, k);
    }

    default PairRule or(PairRule other) {
        return (s, q, k) -> visible(s, q, k) || other.visible(s, q, k);
    }
}
