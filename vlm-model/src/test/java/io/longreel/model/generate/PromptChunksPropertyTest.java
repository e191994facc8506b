package io.longreel.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Pieces of random prompts: all ids, once, in order, as few pieces as the limit allows. */
final class PromptChunksPropertyTest {
    private static final int IMAGE = 99;

    @Test
    void shouldCoverAllIdsInOrderWithinTheLimit() {
        for (long seed = 1; seed <= 500; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int[] ids = random.ints(random.nextInt(60), 0, 4)
                    .map(id -> id == 0 ? IMAGE : id)
                    .toArray();
            int from = random.nextInt(ids.length + 1);
            int perFrame = 1 + random.nextInt(9);
            int most = 1 + random.nextInt(20);
            List<PromptChunks.Chunk> chunks = PromptChunks.of(ids, from, IMAGE, perFrame, most);
            String where =
                    "seed=%d from=%d perFrame=%d most=%d chunks=%s".formatted(seed, from, perFrame, most, chunks);
            int at = from;
            int frame = frames(ids, 0, from);
            for (PromptChunks.Chunk chunk : chunks) {
                assertEquals(at, chunk.from(), where);
                assertTrue(chunk.to() > at, where);
                assertEquals(frame, chunk.firstFrame(), where);
                assertEquals(frames(ids, at, chunk.to()), chunk.frames(), where);
                assertEquals(tokens(ids, at, chunk.to(), perFrame), chunk.tokens(), where);
                assertTrue(chunk.tokens() <= most || chunk.to() - at == 1, where);
                if (chunk.to() < ids.length) {
                    assertTrue(tokens(ids, at, chunk.to() + 1, perFrame) > most, "no piece is cut too early: " + where);
                }
                at = chunk.to();
                frame += chunk.frames();
            }
            assertEquals(ids.length, at, where);
            assertEquals(tokens(ids, 0, ids.length, perFrame), PromptChunks.tokens(ids, IMAGE, perFrame), where);
        }
    }

    private static int frames(int[] ids, int from, int to) {
        int frames = 0;
        for (int i = from; i < to; i++) {
            frames += ids[i] == IMAGE ? 1 : 0;
        }
        return frames;
    }

    private static int tokens(int[] ids, int from, int to, int perFrame) {
        return to - from + frames(ids, from, to) * (perFrame - 1);
    }
}
