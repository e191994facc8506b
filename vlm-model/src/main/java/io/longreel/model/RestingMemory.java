package io.longreel.model;

import io.longreel.config.RuntimeFailure;
import io.longreel.ops.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Finds state that changed while it rested. From one update to the next nobody writes to weights and optimizer state: a bit that is different then was
 * changed by a fault, and would go into every later step without a trace, as the owner's copy is the one that all ranks get. Looked at before each update
 * and each snapshot, so that what was computed with it is thrown away, and what is restored is right. Costs two passes of CRC32C over the state per step and one per snapshot.
 * Activations and gradients are not watched. The compute thread's own.
 */
final class RestingMemory {
    private static final int CHUNK_BYTES = 1 << 30;

    private boolean isKnown;
    private long checksum;

    /** The state is as it should be, and rests from now on. */
    void rests(List<Tensor> state) {
        checksum = checksumOf(state);
        isKnown = true;
    }

    /** Somebody writes to the state on purpose. */
    void wakes() {
        isKnown = false;
    }

    /** The state is about to be updated or copied. Throws when it is not what it was. */
    void check(List<Tensor> state, int rank) {
        if (isKnown && checksumOf(state) != checksum) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE,
                    "silent corruption, the memory of rank %d changed between two updates: weights or optimizer state are not what they were"
                            .formatted(rank));
        }
    }

    private static long checksumOf(List<Tensor> state) {
        CRC32C crc = new CRC32C();
        for (Tensor tensor : state) {
            for (long from = 0; from < tensor.sizeBytes(); from += CHUNK_BYTES) {
                long size = Math.min(CHUNK_BYTES, tensor.sizeBytes() - from);
                ByteBuffer bytes = tensor.segment().asSlice(from, size).asByteBuffer();
                crc.update(bytes);
            }
        }
        return crc.getValue();
    }
}
