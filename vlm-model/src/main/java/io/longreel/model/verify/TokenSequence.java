package io.longreel.model.verify;

import io.longreel.model.FrameSource;
import io.longreel.model.PackedBatch;
import io.longreel.model.shard.Span;
import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A packed sequence of texts, images and videos, and what the definitions of masks and labels ask of it, token by token. Made beside the product's own
 * expansion of the batch, not from it.
 *
 * @param documentOf number of the document of each token
 * @param positionOf place of each token in its document
 * @param mediumOf number of the image or video that a token belongs to, separators included; -1 for text
 * @param batch the same sequence as the product takes it
 */
record TokenSequence(int[] documentOf, int[] positionOf, int[] mediumOf, PackedBatch batch) {
    /** Tokens of each frame. */
    static final int TOKENS_PER_FRAME = 3;

    private static final int IMAGE = -7;
    private static final int SEPARATOR = 11;

    int tokens() {
        return documentOf.length;
    }

    /** For each token that has a label, which: the label of the token behind it, in the same document, before anything was cut. */
    List<String> labelPairs() {
        int[] labelOf = new int[tokens()];
        int token = 0;
        for (int i = 0; i < batch.ids().length; i++) {
            boolean frame = batch.ids()[i] == IMAGE;
            for (int t = 0; t < (frame ? TOKENS_PER_FRAME : 1); t++) {
                labelOf[token++] = frame ? LossKernels.IGNORE : batch.labels()[i];
            }
        }
        List<String> pairs = new ArrayList<>();
        for (int t = 0; t + 1 < tokens(); t++) {
            if (documentOf[t] == documentOf[t + 1] && labelOf[t + 1] != LossKernels.IGNORE) {
                pairs.add(t + " predicts " + labelOf[t + 1]);
            }
        }
        return pairs;
    }

    /** Documents of these lengths in tokens, filled with texts and media at random. */
    static TokenSequence of(int[] documentLengths, SplittableRandom random) {
        Builder builder = new Builder(Arrays.stream(documentLengths).sum(), random);
        for (int length : documentLengths) {
            builder.document(length);
        }
        return builder.build();
    }

    /** A sequence is written twice at once: as ids with markers, and token by token. */
    private static final class Builder {
        private final SplittableRandom random;
        private final int[] documentOf;
        private final int[] positionOf;
        private final int[] mediumOf;
        private final int[] ids;
        private final int[] labels;
        private final List<Integer> cuSeqlens = new ArrayList<>(List.of(0));
        private final List<Span> media = new ArrayList<>();
        private int idCount;
        private int token;
        private int position;
        private int frames;

        Builder(int tokens, SplittableRandom random) {
            this.random = random;
            this.documentOf = new int[tokens];
            this.positionOf = new int[tokens];
            this.mediumOf = new int[tokens];
            this.ids = new int[tokens];
            this.labels = new int[tokens];
        }

        void document(int length) {
            int end = token + length;
            position = 0;
            while (token < end) {
                int text = Math.min(end - token, random.nextInt(2 + length / 8));
                for (int i = 0; i < text; i++) {
                    id(100 + random.nextInt(900), random.nextBoolean(), 1, -1);
                }
                medium(end - token, length);
            }
            cuSeqlens.add(idCount);
        }

        /** An image or a video of at most {@code room} tokens; with or without a separator behind each frame. */
        private void medium(int room, int length) {
            boolean separated = random.nextBoolean();
            int frameTokens = TOKENS_PER_FRAME + (separated ? 1 : 0);
            int most = Math.min(room, 2 + length / 2) / frameTokens;
            if (most == 0) {
                return;
            }
            int from = idCount;
            int count = 1 + random.nextInt(most);
            for (int frame = 0; frame < count; frame++) {
                id(IMAGE, false, TOKENS_PER_FRAME, media.size());
                if (separated) {
                    id(SEPARATOR, false, 1, media.size());
                }
            }
            frames += count;
            media.add(new Span(from, idCount));
        }

        private void id(int id, boolean labelled, int tokens, int medium) {
            ids[idCount] = id;
            labels[idCount] = labelled ? id : LossKernels.IGNORE;
            idCount++;
            for (int i = 0; i < tokens; i++) {
                documentOf[token] = cuSeqlens.size() - 1;
                positionOf[token] = position++;
                mediumOf[token] = medium;
                token++;
            }
        }

        TokenSequence build() {
            PackedBatch batch = new PackedBatch(
                    Arrays.copyOf(ids, idCount),
                    Arrays.copyOf(labels, idCount),
                    cuSeqlens.stream().mapToInt(b -> b).toArray(),
                    IMAGE,
                    new NoPixels(frames),
                    media);
            return new TokenSequence(documentOf, positionOf, mediumOf, batch);
        }
    }

    /** Frames that are counted but never looked at. */
    private record NoPixels(int frameCount) implements FrameSource {
        @Override
        public void read(int from, int to, Tensor pixels_F3hw) {
            throw new IllegalStateException("frames of a check have no pixels: from=%d to=%d".formatted(from, to));
        }
    }
}
