package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.model.SnapshotRuns.Site;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.snapshot.SnapshotKey;
import io.longreel.ops.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A bit of weights or optimizer state that flips, whenever it does, gets into no update and no snapshot. */
class RestingStateTest {
    private static final StageSettings STAGE = new StageSettings(
            "all",
            Set.of(Part.VISION_TOWER, Part.PROJECTOR, Part.LLM),
            Optional.empty(),
            4096,
            new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0.0, 1.0),
            List.of(),
            Optional.empty());
    private static final Site ALONE = Site.parse("1,1,1 a");

    private final ModelConfig config = VilaCheckpoint.readConfig(SnapshotRuns.GOLDEN.resolve("checkpoint"));

    private PackedBatch batch() {
        return BatchFile.read(SnapshotRuns.GOLDEN.resolve("batch.safetensors"), config)
                .packed();
    }

    /** The batch, during whose first reading {@code fault} happens: a step has begun. */
    private PackedBatch striking(Runnable fault) {
        PackedBatch batch = batch();
        FrameSource frames = new FrameSource() {
            @Override
            public int frameCount() {
                return batch.frames().frameCount();
            }

            @Override
            public void read(int from, int to, Tensor pixels_F3hw) {
                batch.frames().read(from, to, pixels_F3hw);
                fault.run();
            }
        };
        return new PackedBatch(batch.ids(), batch.labels(), batch.cuSeqlens(), batch.imageToken(), frames);
    }

    private static void flip(Tensor tensor) {
        long at = tensor.sizeBytes() - 1;
        byte value = tensor.segment().get(ValueLayout.JAVA_BYTE, at);
        tensor.segment().set(ValueLayout.JAVA_BYTE, at, (byte) (value ^ 1));
    }

    private static void assertFound(Runnable work) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, work::run);
        assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
        assertTrue(failure.getMessage().contains("silent corruption"), failure.getMessage());
    }

    /** @param steps that went well before */
    private void strikeInAStep(int steps, boolean strikesWeights) {
        try (SnapshotRuns runs = new SnapshotRuns(SessionOptions.DEFAULTS, STAGE, 1)) {
            runs.run(ALONE, session -> {
                runs.begin(session);
                runs.steps(session, steps);
                List<Tensor> state = session.state();
                Tensor victim = strikesWeights ? state.getFirst() : state.getLast();
                byte[] before = bytes(state);
                assertFound(() -> session.step(List.of(striking(() -> flip(victim))), 1e-3));
                flip(victim);
                assertTrue(Arrays.equals(before, bytes(state)), "nothing was updated");
                return 0;
            });
        }
    }

    private static byte[] bytes(List<Tensor> state) {
        var all = new ByteArrayOutputStream();
        state.forEach(tensor -> all.writeBytes(tensor.segment().toArray(ValueLayout.JAVA_BYTE)));
        return all.toByteArray();
    }

    @Test
    void shouldUpdateNothingWhenAWeightChangesWhileAStepIsComputed() {
        strikeInAStep(2, true);
    }

    @Test
    void shouldUpdateNothingWhenAMomentChangesWhileAStepIsComputed() {
        strikeInAStep(2, false);
    }

    @Test
    void shouldWatchTheFirstStepOfAStageToo() {
        strikeInAStep(0, true);
    }

    @Test
    void shouldTakeNoSnapshotOfWhatHasChanged() {
        try (SnapshotRuns runs = new SnapshotRuns(SessionOptions.DEFAULTS, STAGE, 1)) {
            runs.run(ALONE, session -> {
                runs.begin(session);
                session.snapshot(new SnapshotKey(runs.generation(), 0, 0));
                runs.steps(session, 1);
                flip(session.state().getFirst());
                assertFound(() -> session.snapshot(new SnapshotKey(runs.generation(), 0, 1)));
                return 0;
            });
            runs.run(ALONE, session -> {
                runs.beginEmpty(session);
                session.restoreSnapshot(new SnapshotKey(1, 0, 0));
                flip(session.state().getFirst());
                assertFound(() -> session.step(List.of(batch()), 1e-3));
                return 0;
            });
        }
    }
}
