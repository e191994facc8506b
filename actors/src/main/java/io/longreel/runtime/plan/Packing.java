package io.longreel.runtime.plan;

import io.longreel.curriculum.dataset.Sample;
import io.longreel.model.PackedBatch;
import java.util.ArrayList;
import java.util.List;

/** The shape of a packed sequence: what its pass and the cache of frames take of memory follows from it, and from nothing else that changes from step to step. */
record Packing(List<Document> documents) {
    static final Packing NONE = new Packing(List.of());

    /**
     * @param labels tokens that count in the loss, which are its last ones
     * @param isKeyed whether its frames have keys
     */
    record Document(int tokens, int frames, int labels, boolean isKeyed) {}

    static Packing of(PackedBatch batch, int tokensPerFrame) {
        List<Document> documents = new ArrayList<>();
        int[] bounds = batch.cuSeqlens();
        int framesBefore = 0;
        for (int i = 0; i + 1 < bounds.length; i++) {
            int frames = 0;
            int labels = 0;
            for (int id = bounds[i]; id < bounds[i + 1]; id++) {
                frames += batch.ids()[id] == batch.imageToken() ? 1 : 0;
                labels += batch.labels()[id] != Sample.IGNORE ? 1 : 0;
            }
            boolean isKeyed = frames > 0 && batch.frames().key(framesBefore) >= 0;
            int tokens = bounds[i + 1] - bounds[i] + frames * (tokensPerFrame - 1);
            documents.add(new Document(tokens, frames, labels, isKeyed));
            framesBefore += frames;
        }
        return new Packing(List.copyOf(documents));
    }

    int tokens() {
        return documents.stream().mapToInt(Document::tokens).sum();
    }

    int frames() {
        return documents.stream().mapToInt(Document::frames).sum();
    }
}
