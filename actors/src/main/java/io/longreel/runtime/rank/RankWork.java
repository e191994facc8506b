package io.longreel.runtime.rank;

import io.longreel.model.PackedBatch;
import io.longreel.model.TrainSession;
import io.longreel.runtime.protocol.SentBytes;
import java.util.List;
import java.util.Optional;

/**
 * Model, data and links of one rank on one mesh incarnation. Used by the rank's compute thread only, except for {@link
 * #abort}. Closing is the compute thread's last act.
 */
public interface RankWork extends AutoCloseable {

    /** Links this rank to all others and opens the model on them; waits for the others. Called once, first. */
    TrainSession connect();

    /** Makes the weights that the run starts from: new ones from its seed, or those of the model it names. */
    void prepare(TrainSession session);

    /** Makes a stage current in the session. */
    void beginStage(TrainSession session, int stage);

    /** Micro-batches of this rank's replica for a step. */
    List<PackedBatch> batches(int stage, int step);

    double learningRate(int stage, int step);

    /** RoPE base in force at a step; at the end of a stage, that of its last step. Empty = the model's own. */
    Optional<Double> ropeTheta(int stage, int step);

    /** Questions of one cell of the stage's needle test. */
    List<Question> questions(int stage, int cell);

    /** What disturbs this rank on purpose. */
    default RankInstruments instruments() {
        return RankInstruments.NONE;
    }

    /** What this rank has sent so far. */
    SentBytes sentBytes();

    /** Ends present and future waits of this rank. Any thread. */
    void abort(String reason);

    @Override
    void close();

    /** A question with its right answer: the tokens at the labelled positions of the batch. */
    record Question(PackedBatch batch, List<Integer> expected) {
        public Question {
            expected = List.copyOf(expected);
        }
    }
}
