package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.FrozenFrames.Slot;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.shard.Span;
import io.longreel.model.state.Arenas;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FrozenFramesTest {
    private static final ModelConfig CONFIG =
            VilaCheckpoint.readConfig(Path.of("src/test/resources/golden/gqa-even/checkpoint"));
    private static final int PATCHES = CONFIG.vision().patches();
    private static final int WIDTH = CONFIG.vision().hiddenSize();
    private static final long FRAME_BYTES = TensorArena.sizeBytes(DType.F32, PATCHES, WIDTH);

    private final TensorArena arena = TensorArena.open("test", 1 << 20);

    @AfterEach
    void close() {
        arena.close();
    }

    @Test
    void shouldGiveBackWhatWasKept() {
        try (FrozenFrames frames = new FrozenFrames(CONFIG, 3 * FRAME_BYTES, Arenas.REAL)) {
            assertEquals(0, frames.sizeBytes());
            step(frames, 7);
            assertEquals(3 * FRAME_BYTES, frames.sizeBytes());
            assertTrue(frames.holds(7));
            Slot slot = Objects.requireNonNull(frames.find(7));
            assertEquals(7f, frames.take(slot).getFloat((long) PATCHES * WIDTH - 1));
            frames.clear();
            assertFalse(frames.holds(7));
            assertNull(frames.find(7));
        }
    }

    @Test
    void shouldKeepNothingWithoutKeyOrRoom() {
        try (FrozenFrames frames = new FrozenFrames(CONFIG, 3 * FRAME_BYTES, Arenas.REAL);
                FrozenFrames none = new FrozenFrames(CONFIG, FRAME_BYTES - 1, Arenas.REAL)) {
            assertNull(frames.claim(-1));
            assertNull(none.claim(5));
            assertEquals(0, frames.sizeBytes() + none.sizeBytes());
        }
    }

    @Test
    void shouldKeepItsPartOfEpochsThatAreLarger() {
        try (FrozenFrames frames = new FrozenFrames(CONFIG, 5 * FRAME_BYTES, Arenas.REAL)) {
            for (int epoch = 0; epoch < 4; epoch++) {
                int found = 0;
                for (int key = 0; key < 20; key++) {
                    found += step(frames, key) ? 1 : 0;
                }
                assertEquals(epoch == 0 ? 0 : 5, found, "epoch " + epoch);
            }
        }
    }

    @Test
    void shouldMakeRoomForOtherFramesWhenOldOnesDoNotComeAgain() {
        try (FrozenFrames frames = new FrozenFrames(CONFIG, 5 * FRAME_BYTES, Arenas.REAL)) {
            for (int key = 0; key < 200; key++) {
                step(frames, key);
            }
            int found = 0;
            for (int i = 0; i < 200; i++) {
                found += step(frames, 1000 + i % 4) ? 1 : 0;
            }
            assertTrue(found > 100, "found=" + found);
        }
    }

    @Test
    void shouldLeaveWhatItsStepUses() {
        try (FrozenFrames frames = new FrozenFrames(CONFIG, 2 * FRAME_BYTES, Arenas.REAL)) {
            frames.beginStep();
            for (int key = 0; key < 100; key++) {
                assertEquals(key < 2, frames.claim(key) != null, "key=" + key);
            }
            frames.beginStep();
            assertNotNull(frames.claim(100));
            assertNull(frames.find(0));
            assertNotNull(frames.find(1));
        }
    }

    @Test
    void shouldRefuseFrameThatWasNeverEncoded() {
        try (FrozenFrames frames = new FrozenFrames(CONFIG, 2 * FRAME_BYTES, Arenas.REAL)) {
            frames.claim(3);
            Slot slot = Objects.requireNonNull(frames.find(3));
            assertFalse(frames.holds(3));
            assertThrows(IllegalStateException.class, () -> frames.take(slot));
        }
    }

    @Test
    void shouldNoticeBitThatChanged() {
        try (FrozenFrames frames = new FrozenFrames(CONFIG, 2 * FRAME_BYTES, Arenas.REAL)) {
            step(frames, 3);
            Slot slot = Objects.requireNonNull(frames.find(3));
            frames.take(slot).setFloat(1, 2.5f);
            RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> frames.take(slot));
            assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
        }
    }

    /** A frame that comes twice in a batch is encoded once; one without a key, each time. */
    @Test
    void shouldEncodeWhatIsNotThere() {
        try (FrozenFrames frames = new FrozenFrames(CONFIG, 9 * FRAME_BYTES, Arenas.REAL)) {
            step(frames, 21);
            FrameEncoding encoding = FrameEncoding.of(new Keys(20, 20, 21, 22, -1, 22, -1), new Span(1, 7), frames);
            assertArrayEquals(new int[] {1, 3, 4, 6}, encoding.fresh());
            assertEquals(2, encoding.reused());
            assertNull(encoding.slot(4));
        }
    }

    /** One frame by itself; whether it was there. */
    private boolean step(FrozenFrames frames, long key) {
        frames.beginStep();
        if (frames.find(key) != null) {
            return true;
        }
        Slot slot = frames.claim(key);
        if (slot != null) {
            long mark = arena.mark();
            Tensor rows = arena.allocate(PATCHES, WIDTH);
            for (long i = 0; i < rows.elements(); i++) {
                rows.setFloat(i, (float) key);
            }
            frames.fill(slot, rows);
            arena.rewind(mark);
        }
        return false;
    }

    private record Keys(long... keys) implements FrameSource {
        @Override
        public int frameCount() {
            return keys.length;
        }

        @Override
        public long key(int frame) {
            return keys[frame];
        }

        @Override
        public void read(int from, int to, Tensor pixels_F3hw) {
            throw new AssertionError("only keys are asked for");
        }
    }
}
