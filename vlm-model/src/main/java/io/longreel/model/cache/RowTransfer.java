package io.longreel.model.cache;

import io.longreel.model.state.Workspace;
import io.longreel.ops.kernels.ElementwiseKernels;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.List;

/** Rows of a cache to a neighbour in the ring, and others from the other neighbour, layer by layer. Stateless. */
public final class RowTransfer {
    private RowTransfer() {}

    /** Rows of a cache; none where {@code pieces} is empty. */
    public record Rows(KeyValueCache cache, List<CachedSequence.Piece> pieces) {
        private int count() {
            return pieces.stream().mapToInt(piece -> piece.at().size()).sum();
        }
    }

    /**
     * @param sent goes to member {@code to} of the ring
     * @param received is filled by member {@code from}
     */
    public static void run(Workspace ws, Communicator ring, Rows sent, int to, Rows received, int from) {
        long mark = ws.scratch().mark();
        KeyValueCache.Shape shape = sent.cache().shape();
        int rowElements = shape.kvHeads() * (shape.keyDim() + shape.valueDim());
        Tensor out = ws.scratch().allocate(Math.multiplyExact(sent.count(), rowElements));
        Tensor in = ws.scratch().allocate(Math.multiplyExact(received.count(), rowElements));
        for (int layer = 0; layer < shape.layers(); layer++) {
            copy(ws, sent, layer, out, true);
            ring.startSendReceive(out.segment(), to, in.segment(), from).await();
            copy(ws, received, layer, in, false);
        }
        ws.scratch().rewind(mark);
    }

    /** Keys of all rows, then values of all rows, in one buffer. */
    private static void copy(Workspace ws, Rows rows, int layer, Tensor buffer, boolean toBuffer) {
        ElementwiseKernels elementwise = ws.kernels().elementwise();
        int at = 0;
        for (boolean keys : new boolean[] {true, false}) {
            for (CachedSequence.Piece piece : rows.pieces()) {
                Tensor cached = keys
                        ? rows.cache().keys(layer, piece.at())
                        : rows.cache().values(layer, piece.at());
                int end = at + Math.toIntExact(cached.elements());
                Tensor place = buffer.slice(at, end).reshape(cached.shape());
                elementwise.copy(toBuffer ? cached : place, toBuffer ? place : cached);
                at = end;
            }
        }
    }
}
