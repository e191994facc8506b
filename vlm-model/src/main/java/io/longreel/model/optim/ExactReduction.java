package io.longreel.model.optim;

import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The reduce-scatter of SUM128 gradients: the members' sums are added as whole numbers and rounded to F32 once, by the owner, so that neither the
 * number of members nor their order shows. Moves chunks that bound the staging memory. Used by the rank's compute thread.
 */
final class ExactReduction {
    /** Elements of a piece that travel at a time. */
    static final int CHUNK = 4096;

    private final Kernels kernels;
    private final Communicator group;
    private final Tensor staging;

    ExactReduction(Communicator group, Kernels kernels, TensorArena arena) {
        this.group = group;
        this.kernels = kernels;
        this.staging = arena.allocate(DType.SUM128, group.size(), CHUNK);
    }

    /** Bytes that an instance takes from its arena. */
    static long sizeBytes(int members) {
        return TensorArena.sizeBytes(DType.SUM128, members, CHUNK);
    }

    /**
     * {@code sums} of every member {@code -> own}: member i gets elements {@code [offsets[i], offsets[i + 1])} of the total.
     *
     * @param sums SUM128
     * @param offsets size() + 1 element offsets, equal on all members
     * @param own F32, or SUM128 for a total that is not rounded yet
     */
    void reduceScatter(Tensor sums, long[] offsets, Tensor own) {
        long longest = 0;
        for (int member = 0; member < group.size(); member++) {
            longest = Math.max(longest, offsets[member + 1] - offsets[member]);
        }
        for (long start = 0; start < longest; start += CHUNK) {
            Tensor target = chunk(own, 0, own.elements(), start);
            List<MemorySegment> send = new ArrayList<>();
            List<Tensor> receive = new ArrayList<>();
            for (int member = 0; member < group.size(); member++) {
                send.add(
                        chunk(sums, offsets[member], offsets[member + 1], start).segment());
                receive.add(staging.slice(member, member + 1).elements(0, target.elements()));
            }
            group.allToAllV(send, receive.stream().map(Tensor::segment).toList());
            Tensor total = receive.getFirst();
            receive.stream().skip(1).forEach(part -> kernels.elementwise().addTo(part, total));
            if (target.dtype() == DType.SUM128) {
                kernels.elementwise().copy(total, target);
            } else {
                kernels.elementwise().round(total, target);
            }
        }
    }

    /** The chunk that begins {@code start} elements into the piece {@code [from, to)}; empty behind its end. */
    private static Tensor chunk(Tensor tensor, long from, long to, long start) {
        long first = Math.min(from + start, to);
        return tensor.elements(first, Math.min(first + CHUNK, to));
    }
}
