package io.longreel.curriculum.needle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.longreel.curriculum.TestFootage;
import io.longreel.curriculum.dataset.NeedleCard;
import io.longreel.curriculum.image.ImageProcessor;
import io.longreel.curriculum.video.FootageStore;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HaystackFramesTest {
    private static final int SIDE = TestFootage.IMAGE_SIZE;
    private static final int FRAME_FLOATS = 3 * SIDE * SIDE;
    private static final int FRAMES = 5;

    @TempDir
    Path folder;

    private static HiddenNeedle picture() {
        float[] pixels = new float[FRAME_FLOATS];
        Arrays.fill(pixels, 0.25f);
        return new HiddenNeedle(new HiddenNeedle.Thing.Shown(Path.of("n.png"), 3, pixels), "q", "a");
    }

    private static float[] read(HaystackFrames frames, int from, int to) {
        try (TensorArena arena = TensorArena.open("pixels", 1 << 20)) {
            Tensor pixels = arena.zeros(Math.max(1, to - from), 3, SIDE, SIDE);
            frames.read(from, to, from == to ? pixels.slice(0, 0) : pixels);
            return from == to ? new float[0] : pixels.toFloats();
        }
    }

    private static float[] frame(float[] all, int frame) {
        return Arrays.copyOfRange(all, frame * FRAME_FLOATS, (frame + 1) * FRAME_FLOATS);
    }

    @Test
    void shouldPutAPictureBetweenFramesAndACardOverOne() {
        try (FootageStore footage = TestFootage.store(folder, 9, 4, 1 << 20)) {
            ImageProcessor processor = ImageProcessor.siglip(SIDE);
            NeedleCard card = NeedleCard.forImageSize(SIDE);
            HaystackFrames plain = new HaystackFrames(footage, processor, card, FRAMES + 1, FRAMES, picture());
            float[] hay = read(plain, 0, FRAMES);
            for (int at = 0; at <= FRAMES; at++) {
                HaystackFrames frames = new HaystackFrames(footage, processor, card, FRAMES, at, picture());
                assertEquals(FRAMES + 1, frames.frameCount());
                float[] all = read(frames, 0, FRAMES + 1);
                for (int i = 0; i <= FRAMES; i++) {
                    float expected = i == at ? 0.25f : hay[(i < at ? i : i - 1) * FRAME_FLOATS + 7];
                    assertEquals(expected, all[i * FRAME_FLOATS + 7], "at=" + at + " frame=" + i);
                    assertEquals(i == at, frames.key(i) == (1L << 40) + 3);
                    assertEquals(i == at ? frames.key(i) : i < at ? i : i - 1, frames.key(i));
                    for (int to = i; to <= FRAMES + 1; to++) {
                        assertArrayEquals(
                                Arrays.copyOfRange(all, i * FRAME_FLOATS, to * FRAME_FLOATS), read(frames, i, to));
                    }
                }
            }
            for (int at = 0; at < FRAMES; at++) {
                HaystackFrames frames = new HaystackFrames(footage, processor, card, FRAMES, at, HiddenNeedle.card(at));
                assertEquals(FRAMES, frames.frameCount());
                float[] all = read(frames, 0, FRAMES);
                for (int i = 0; i < FRAMES; i++) {
                    assertEquals(i != at, Arrays.equals(frame(hay, i), frame(all, i)), "at=" + at + " frame=" + i);
                    assertEquals(i == at ? -1 : i, frames.key(i));
                }
                float red = frame(all, at)[card.offset() * SIDE + card.offset()];
                assertEquals(235 / 127.5f - 1, red, 1e-6f, "the card is yellow");
            }
            assertNotEquals(0, hay[7]);
        }
    }
}
