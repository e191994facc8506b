package io.longreel.model.shard;

import io.longreel.model.PackedBatch;
import io.longreel.ops.kernels.LossKernels;
import java.util.Arrays;

/**
 * A packed batch after every image marker has become the tokens of its frame (specification 2.3), as every rank knows it: what each token is, where
 * its document starts, and what it must predict. Labels are shifted here, over the whole sequence and before any sharding, so that no pair is
 * lost or made up at a shard border (specification 3.7).
 *
 * @param tokenId id of a text token, -1 for a token of a frame
 * @param mediaRow index into the projected rows of all frames (frame * tokensPerFrame + token), -1 for text
 * @param documentStart first token of the document that the token belongs to
 * @param label id that the token must predict, {@link LossKernels#IGNORE} when it must predict nothing
 * @param mediaToken inverse of {@code mediaRow}: token of each projected row; ascending
 */
public record SequenceLayout(
        int[] tokenId, int[] mediaRow, int[] documentStart, int[] label, int[] mediaToken, int tokensPerFrame) {

    public static SequenceLayout of(PackedBatch batch, int tokensPerFrame) {
        int frames = batch.frames().frameCount();
        int tokens = Math.addExact(batch.ids().length - frames, Math.multiplyExact(frames, tokensPerFrame));
        SequenceLayout layout = new SequenceLayout(
                new int[tokens],
                new int[tokens],
                new int[tokens],
                new int[tokens],
                new int[frames * tokensPerFrame],
                tokensPerFrame);
        layout.expand(batch);
        return layout;
    }

    public int tokens() {
        return tokenId.length;
    }

    public int frames() {
        return mediaToken.length / tokensPerFrame;
    }

    /** Tokens that count in the loss. */
    public int labelledTokens() {
        return (int) Arrays.stream(label).filter(l -> l != LossKernels.IGNORE).count();
    }

    /** Position of a token within its document, from 0. */
    public int position(int token) {
        return token - documentStart[token];
    }

    private void expand(PackedBatch batch) {
        int[] unshifted = new int[tokens()];
        int token = 0;
        int row = 0;
        for (int document = 0; document + 1 < batch.cuSeqlens().length; document++) {
            int start = token;
            for (int i = batch.cuSeqlens()[document]; i < batch.cuSeqlens()[document + 1]; i++) {
                boolean frame = batch.ids()[i] == batch.imageToken();
                for (int t = 0; t < (frame ? tokensPerFrame : 1); t++) {
                    tokenId[token] = frame ? -1 : batch.ids()[i];
                    mediaRow[token] = frame ? row : -1;
                    if (frame) {
                        mediaToken[row++] = token;
                    }
                    documentStart[token] = start;
                    unshifted[token] = frame ? LossKernels.IGNORE : batch.labels()[i];
                    token++;
                }
            }
        }
        for (int i = 0; i < tokens(); i++) {
            boolean last = i + 1 == tokens() || documentStart[i + 1] != documentStart[i];
            label[i] = last ? LossKernels.IGNORE : unshifted[i + 1];
        }
    }
}
