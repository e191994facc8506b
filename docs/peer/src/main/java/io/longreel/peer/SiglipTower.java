package io.longreel.peer;

import static io.longreel.peer.Tensors.scoped;

import io.longreel.peer.Parameters.LayerNorm;
import io.longreel.peer.Parameters.Linear;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Hugging Face's SiglipVisionModel without its head; gives what entered the last block, as {@code hidden_states[-2]} does. */
final class SiglipTower {
    private static final double EPSILON = 1e-6;

    private record Block(
            LayerNorm norm1, Linear q, Linear k, Linear v, Linear out, LayerNorm norm2, Linear up, Linear down) {}

    private final ModelSize.Vision size;
    private final boolean runsUnusedBlock;
    private final Tensor patchWeight;
    private final TensorOptional patchBias;
    private final Tensor positions;
    private final List<Block> blocks = new ArrayList<>();
    private final LayerNorm postNorm;

    SiglipTower(ModelSize.Vision size, Parameters parameters, boolean runsUnusedBlock) {
        this.size = size;
        this.runsUnusedBlock = runsUnusedBlock;
        int h = size.hidden();
        patchWeight = parameters.normal(
                1 / Math.sqrt(3.0 * size.patch() * size.patch()), h, 3, size.patch(), size.patch());
        patchBias = new TensorOptional(parameters.filled(0, h));
        positions = parameters.normal(1 / Math.sqrt(h), (long) size.side() * size.side(), h);
        double xavier = Math.sqrt(1.0 / h);
        double mlp = Math.sqrt(2.0 / (h + size.intermediate()));
        for (int i = 0; i < size.layers(); i++) {
            blocks.add(new Block(
                    parameters.layerNorm(h, EPSILON),
                    parameters.linear(h, h, xavier, true),
                    parameters.linear(h, h, xavier, true),
                    parameters.linear(h, h, xavier, true),
                    parameters.linear(h, h, xavier, true),
                    parameters.layerNorm(h, EPSILON),
                    parameters.linear(h, size.intermediate(), mlp, true),
                    parameters.linear(size.intermediate(), h, mlp, true)));
        }
        postNorm = parameters.layerNorm(h, EPSILON);
    }

    /** {@code [frames, 3, image, image]} to {@code [frames, patches, hidden]}. */
    Tensor apply(Tensor pixels) {
        return scoped(() -> {
            Tensor x = scoped(() -> embed(pixels));
            for (Block block : blocks.subList(0, blocks.size() - 1)) {
                x = block(block, x);
            }
            if (runsUnusedBlock) {
                postNorm.apply(block(blocks.getLast(), x));
            }
            return x;
        });
    }

    private Tensor embed(Tensor pixels) {
        long[] stride = {size.patch(), size.patch()};
        Tensor patches = torch.conv2d(
                pixels, patchWeight, patchBias, stride, new long[] {0, 0}, new long[] {1, 1}, 1);
        return patches.flatten(2, -1).transpose(1, 2).add(positions);
    }

    private Tensor block(Block block, Tensor x) {
        return scoped(() -> {
            Tensor mixed = scoped(() -> x.add(scoped(() -> attention(block, block.norm1().apply(x)))));
            return mixed.add(scoped(() -> feedForward(block, mixed)));
        });
    }

    private Tensor attention(Block block, Tensor x) {
        Tensor q = scoped(() -> heads(block.q().apply(x)));
        Tensor k = scoped(() -> heads(block.k().apply(x)));
        Tensor v = scoped(() -> heads(block.v().apply(x)));
        Tensor mixed = torch.scaled_dot_product_attention(
                q, k, v, new TensorOptional(), 0, false, new DoubleOptional(), false);
        return block.out().apply(mixed.transpose(1, 2).contiguous().reshape(x.size(0), x.size(1), x.size(2)));
    }

    private Tensor heads(Tensor x) {
        return x.view(x.size(0), x.size(1), size.heads(), size.hidden() / size.heads())
                .transpose(1, 2);
    }

    private static Tensor feedForward(Block block, Tensor x) {
        return block.down().apply(torch.gelu(block.up().apply(block.norm2().apply(x)), "tanh"));
    }
}
