package io.longreel.model;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.SafetensorsFile;
import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A batch in a safetensors file: {@code input_ids} and {@code labels} (integers, labels not shifted, -100 ignored), {@code pixel_values} [F, 3, h, w]
 * with one frame per image marker in {@code input_ids}, absent when there is none, and {@code cu_seqlens}, bounds of the documents in
 * {@code input_ids}, absent for a single one.
 */
record BatchFile(PackedBatch packed) {

    static BatchFile read(Path file, ModelConfig config) {
        return read(file, config, true);
    }

    /** A batch of which nothing is learned: it need not have labels. */
    static BatchFile readPrompt(Path file, ModelConfig config) {
        return read(file, config, false);
    }

    private static BatchFile read(Path file, ModelConfig config, boolean learned) {
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            int[] ids = integers(tensors, file, "input_ids");
            int[] labels = learned ? integers(tensors, file, "labels") : none(ids.length);
            if (labels.length != ids.length) {
                throw RuntimeFailure.data(
                        "batch must have one label per id: file=%s input_ids=%d labels=%d; write both with the same length"
                                .formatted(file, ids.length, labels.length));
            }
            checkIds(file, ids, config);
            checkLabels(file, labels, config);
            FrameSource frames = frames(tensors, file, config);
            long markers =
                    Arrays.stream(ids).filter(id -> id == config.imageToken()).count();
            if (markers != frames.frameCount()) {
                throw RuntimeFailure.data(
                        "batch must have one frame per image marker: file=%s markers(id %d)=%d frames=%d; add or remove frames in pixel_values"
                                .formatted(file, config.imageToken(), markers, frames.frameCount()));
            }
            return new BatchFile(
                    new PackedBatch(ids, labels, documents(tensors, file, ids.length), config.imageToken(), frames));
        }
    }

    private static int[] none(int length) {
        int[] labels = new int[length];
        Arrays.fill(labels, LossKernels.IGNORE);
        return labels;
    }

    private static int[] documents(SafetensorsFile tensors, Path file, int ids) {
        if (!tensors.contains("cu_seqlens")) {
            return new int[] {0, ids};
        }
        int[] bounds = integers(tensors, file, "cu_seqlens");
        boolean valid = bounds.length >= 2 && bounds[0] == 0 && bounds[bounds.length - 1] == ids;
        for (int i = 1; valid && i < bounds.length; i++) {
            valid = bounds[i] > bounds[i - 1];
        }
        if (!valid) {
            throw RuntimeFailure.data(
                    "cu_seqlens must ascend from 0 to the number of ids: file=%s cu_seqlens=%s input_ids=%d"
                            .formatted(file, Arrays.toString(bounds), ids));
        }
        return bounds;
    }

    private static void checkIds(Path file, int[] ids, ModelConfig config) {
        for (int i = 0; i < ids.length; i++) {
            boolean inVocabulary = ids[i] >= 0 && ids[i] < config.llm().vocabularySize();
            if (!inVocabulary && ids[i] != config.imageToken()) {
                throw RuntimeFailure.data(
                        "token id must lie in the vocabulary: file=%s input_ids[%d]=%d vocabularySize=%d"
                                .formatted(file, i, ids[i], config.llm().vocabularySize()));
            }
        }
    }

    private static void checkLabels(Path file, int[] labels, ModelConfig config) {
        for (int i = 0; i < labels.length; i++) {
            boolean inVocabulary = labels[i] >= 0 && labels[i] < config.llm().vocabularySize();
            if (!inVocabulary && labels[i] != LossKernels.IGNORE) {
                throw RuntimeFailure.data(
                        "label must be %d or lie in the vocabulary: file=%s labels[%d]=%d vocabularySize=%d"
                                .formatted(
                                        LossKernels.IGNORE,
                                        file,
                                        i,
                                        labels[i],
                                        config.llm().vocabularySize()));
            }
        }
    }

    private static int[] integers(SafetensorsFile tensors, Path file, String name) {
        if (!tensors.contains(name)) {
            throw RuntimeFailure.data("batch must hold %s: file=%s found=%s"
                    .formatted(name, file, tensors.entries().keySet()));
        }
        long[] values = tensors.integers(name);
        int[] narrow = new int[values.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (int) values[i];
            if (narrow[i] != values[i]) {
                throw RuntimeFailure.data(
                        "%s must fit 32 bits: file=%s %s[%d]=%d".formatted(name, file, name, i, values[i]));
            }
        }
        if (narrow.length == 0) {
            throw RuntimeFailure.data("%s must not be empty: file=%s".formatted(name, file));
        }
        return narrow;
    }

    private static FrameSource frames(SafetensorsFile tensors, Path file, ModelConfig config) {
        if (!tensors.contains("pixel_values")) {
            return FrameSource.NONE;
        }
        int[] shape = tensors.entry("pixel_values").shape();
        int size = config.vision().imageSize();
        if (shape.length != 4 || shape[1] != 3 || shape[2] != size || shape[3] != size) {
            throw RuntimeFailure.data("pixel_values must be [frames, 3, %d, %d] for this model: file=%s found=%s"
                    .formatted(size, size, file, Arrays.toString(shape)));
        }
        MemorySegment values = MemorySegment.ofArray(tensors.floats("pixel_values"));
        long frameBytes = 3L * size * size * Float.BYTES;
        return new FrameSource() {
            @Override
            public int frameCount() {
                return shape[0];
            }

            @Override
            public void read(int from, int to, Tensor pixels_F3hw) {
                if (pixels_F3hw.dtype() != DType.F32) {
                    throw new IllegalArgumentException("frames are read as F32: target=" + pixels_F3hw);
                }
                pixels_F3hw.segment().copyFrom(values.asSlice(from * frameBytes, (to - from) * frameBytes));
            }
        };
    }
}
