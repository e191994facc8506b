package io.longreel.model.generate;

import java.util.ArrayList;
import java.util.List;

/**
 * A prompt in pieces that go through the model one after the other, so that memory does not grow with the prompt. A frame is never cut; one that has more tokens than a
 * piece should have is a piece of its own. Stateless.
 */
public final class PromptChunks {
    private PromptChunks() {}

    /**
     * One piece.
     *
     * @param from first id, {@code to} end
     * @param firstFrame frames before it in the prompt
     * @param frames in it
     * @param tokens with its frames expanded
     */
    public record Chunk(int from, int to, int firstFrame, int frames, int tokens) {}

    /**
     * @param ids one image marker per frame
     * @param from where to begin: what is before is there already
     * @param tokensMax of a piece, at least 1
     */
    public static List<Chunk> of(int[] ids, int from, int imageToken, int tokensPerFrame, int tokensMax) {
        List<Chunk> chunks = new ArrayList<>();
        int firstFrame = 0;
        for (int i = 0; i < from; i++) {
            firstFrame += ids[i] == imageToken ? 1 : 0;
        }
        int at = from;
        while (at < ids.length) {
            int end = at;
            int frames = 0;
            int tokens = 0;
            while (end < ids.length) {
                boolean frame = ids[end] == imageToken;
                int more = frame ? tokensPerFrame : 1;
                if (end > at && tokens + more > tokensMax) {
                    break;
                }
                tokens += more;
                frames += frame ? 1 : 0;
                end++;
            }
            chunks.add(new Chunk(at, end, firstFrame, frames, tokens));
            firstFrame += frames;
            at = end;
        }
        return chunks;
    }

    /** Tokens of a prompt with its frames expanded. */
    public static long tokens(int[] ids, int imageToken, int tokensPerFrame) {
        long tokens = 0;
        for (int id : ids) {
            tokens += id == imageToken ? tokensPerFrame : 1;
        }
        return tokens;
    }
}
