package io.longreel.peer;

import static io.longreel.peer.Tensors.scoped;

import io.longreel.peer.Parameters.LayerNorm;
import io.longreel.peer.Parameters.Linear;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** VILA's mlp_downsample, as vila.py has it: 2x2 neighbours on the channels, layer norm, linear, GELU, linear. Sides are even here. */
final class Projector {
    private final int side;
    private final LayerNorm norm;
    private final Linear first;
    private final Linear second;

    Projector(int side, int channels, int hidden, Parameters parameters) {
        if (side % 2 != 0) {
            throw new IllegalArgumentException("the grid's side " + side + " is odd, which needs padding");
        }
        this.side = side;
        norm = parameters.layerNorm(4 * channels, 1e-5);
        first = parameters.linear(4 * channels, hidden, 1 / Math.sqrt(12.0 * channels), true);
        second = parameters.linear(hidden, hidden, 1 / Math.sqrt(3.0 * hidden), true);
    }

    int tokensPerFrame() {
        return side * side / 4;
    }

    /** {@code [frames, patches, channels]} to {@code [frames, patches / 4, hidden]}. */
    Tensor apply(Tensor x) {
        return scoped(() -> {
            Tensor normed = scoped(() -> norm.apply(square(x)));
            return second.apply(scoped(() -> torch.gelu(first.apply(normed), "none")));
        });
    }

    private Tensor square(Tensor x) {
        long frames = x.size(0);
        long c = x.size(2);
        int half = side / 2;
        return x.reshape(frames, side, side, c)
                .contiguous()
                .view(frames, side, half, c * 2)
                .permute(0, 2, 1, 3)
                .contiguous()
                .view(frames, half, half, c * 4)
                .permute(0, 2, 1, 3)
                .contiguous()
                .reshape(frames, -1, 4 * c);
    }
}
