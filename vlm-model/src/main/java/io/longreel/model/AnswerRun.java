package io.longreel.model;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.ModelOrigin;
import io.longreel.ops.device.Device;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import io.longreel.transport.fault.LinkFault;
import java.time.Duration;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/**
 * Many batches through a finished model on a mesh of ranks in this process, one forward each, for the most likely tokens at their labels (specification 7.1): what
 * evaluations run. Every rank makes each batch for itself, so that a rank reads the frames of its own shard only; what the vision tower made of frames
 * with keys is used again.
 */
public final class AnswerRun {
    /** Ranks of one process fail together, and one may have to encode frames that the others know: that may take long. */
    private static final Duration WAIT_TIMEOUT = Duration.ofDays(1);

    private AnswerRun() {}

    /**
     * What answers.
     *
     * @param config of {@code origin}
     * @param mesh of one replica
     * @param encodedFrameBytes most memory, of all ranks together, for encoded frames that are kept
     * @param clockNs by which ranks wait for each other
     */
    public record Setting(
            ModelOrigin origin,
            ModelConfig config,
            Mesh mesh,
            Device device,
            SessionOptions options,
            long encodedFrameBytes,
            LongSupplier clockNs) {
        public Setting {
            if (mesh.dataDegree() != 1) {
                throw RuntimeFailure.config("one batch runs on one replica: data must be 1: mesh=" + mesh);
            }
            MeshAdvice.requireInProcess(mesh, config.llm().heads());
        }
    }

    /** Hears the answers, in order, on one thread. What it throws ends the run. */
    public interface Answered {
        /** The model is loaded. */
        void loaded();

        /** The most likely token at each label of a batch. */
        void answered(int index, int[] tokens);
    }

    /** Answers batches {@code [0, count)}, which are equal on all ranks. */
    public static void run(Setting setting, int count, IntFunction<PackedBatch> batches, Answered answered) {
        Placement placement = Placement.inProcess(setting.mesh());
        try (InProcessTransport transport =
                InProcessTransport.open(placement, WAIT_TIMEOUT, LinkFault.NONE, setting.clockNs())) {
            RankThreads.run(transport.endpoints(), endpoint -> rank(setting, endpoint, count, batches, answered));
        }
    }

    private static int rank(
            Setting setting, RankEndpoint endpoint, int count, IntFunction<PackedBatch> batches, Answered answered) {
        try (MmspSession session =
                MmspSession.open(setting.config(), setting.device(), setting.mesh(), setting.options(), endpoint)) {
            session.keepEncodedFrames(
                    setting.encodedFrameBytes() / setting.mesh().worldSize());
            session.load(setting.origin());
            if (endpoint.rank() == 0) {
                answered.loaded();
            }
            for (int i = 0; i < count; i++) {
                int[] tokens = session.answer(batches.apply(i));
                if (endpoint.rank() == 0) {
                    answered.answered(i, tokens);
                }
            }
        }
        return count;
    }
}
