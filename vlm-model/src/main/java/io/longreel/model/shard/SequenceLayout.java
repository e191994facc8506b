package io.longreel.model.shard;

import io.longreel.model.PackedBatch;
import io.longreel.ops.kernels.LossKernels;
import java.util.Arrays;
import java.util.stream.IntStream;

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
 * @param mediumEnd end of the image or video, with the separators within, that the token belongs to; the token after it for other text
 * @param documentEnd end of the document that the token belongs to
 */
public record SequenceLayout(
        int[] tokenId,
        int[] mediaRow,
        int[] documentStart,
        int[] documentEnd,
        int[] mediumEnd,
        int[] label,
        int[] mediaToken,
        int tokensPerFrame) {

    public static SequenceLayout of(PackedBatch batch, int tokensPerFrame) {
        int frames = batch.frames().frameCount();
        int tokens = Math.addExact(batch.ids().length - frames, Math.multiplyExact(frames, tokensPerFrame));
        SequenceLayout layout = new SequenceLayout(
                new int[tokens],
                new int[tokens],
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

    /** Whether a token must predict something, and so counts in the loss. */
    public boolean isLabelled(int token) {
        return label[token] != LossKernels.IGNORE;
    }

    /** Tokens that count in the loss. */
    public int labelledTokens() {
        return (int) IntStream.range(0, tokens()).filter(this::isLabelled).count();
    }

    /** Position of a token within its document, from 0. */
    public int position(int token) {
        return token - documentStart[token];
    }

    private void expand(PackedBatch batch) {
        int[] unshifted = new int[tokens()];
        int[] firstToken = new int[batch.ids().length + 1];
        int token = 0;
        int row = 0;
        for (int i = 0; i < batch.ids().length; i++) {
            boolean frame = batch.ids()[i] == batch.imageToken();
            firstToken[i] = token;
            for (int t = 0; t < (frame ? tokensPerFrame : 1); t++) {
                tokenId[token] = frame ? -1 : batch.ids()[i];
                mediaRow[token] = frame ? row : -1;
                if (frame) {
                    mediaToken[row++] = token;
                }
                unshifted[token] = frame ? LossKernels.IGNORE : batch.labels()[i];
                mediumEnd[token] = token + 1;
                token++;
            }
        }
        firstToken[batch.ids().length] = token;
        for (int d = 0; d + 1 < batch.cuSeqlens().length; d++) {
            int from = firstToken[batch.cuSeqlens()[d]];
            int to = firstToken[batch.cuSeqlens()[d + 1]];
            Arrays.fill(documentStart, from, to, from);
            Arrays.fill(documentEnd, from, to, to);
        }
        for (Span medium : batch.media()) {
            int to = firstToken[medium.to()];
            Arrays.fill(mediumEnd, firstToken[medium.from()], to, to);
        }
        for (int i = 0; i < tokens(); i++) {
            label[i] = i + 1 == documentEnd[i] ? LossKernels.IGNORE : unshifted[i + 1];
        }
    }
}
