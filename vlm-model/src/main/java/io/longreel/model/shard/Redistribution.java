package io.longreel.model.shard;

import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves projected rows from the rank that encoded their frame to the rank that owns their token, by one all-to-all-v of exactly the moved rows, and
 * their gradients back the same way (LongVILA, section 3.3, stage 2; no rank ever holds the whole sequence). D decoder width.
 */
public final class Redistribution {
    private final Workspace ws;
    private final Communicator sequence;
    private final RedistributionPlan plan;

    public Redistribution(Workspace ws, Communicator sequence, RedistributionPlan plan) {
        this.ws = ws;
        this.sequence = sequence;
        this.plan = plan;
    }

    /** {@code projected [own frames * tokens per frame, D] -> } the media rows of {@code x [own tokens, D]}; other rows stay. */
    public void forward(Tensor projected, Tensor x) {
        move(projected, plan.sendRows(), plan.receiveRows(), x);
    }

    /** {@code dx [own tokens, D] -> dProjected}; every row of it is written. */
    public void backward(Tensor dx, Tensor dProjected) {
        move(dx, plan.receiveRows(), plan.sendRows(), dProjected);
    }

    private void move(Tensor source, List<int[]> sendRows, List<int[]> receiveRows, Tensor target) {
        long mark = ws.scratch().mark();
        List<Tensor> out = new ArrayList<>();
        List<Tensor> in = new ArrayList<>();
        for (int rank = 0; rank < sequence.size(); rank++) {
            Tensor part = ws.scratch().allocate(sendRows.get(rank).length, source.columns());
            ws.kernels().rows().gather(source, sendRows.get(rank), part);
            out.add(part);
            in.add(ws.scratch().allocate(receiveRows.get(rank).length, source.columns()));
        }
        sequence.allToAllV(
                out.stream().map(Tensor::segment).toList(),
                in.stream().map(Tensor::segment).toList());
        for (int rank = 0; rank < sequence.size(); rank++) {
            ws.kernels().rows().scatter(in.get(rank), receiveRows.get(rank), target);
        }
        ws.scratch().rewind(mark);
    }
}
