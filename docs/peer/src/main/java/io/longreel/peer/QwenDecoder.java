package io.longreel.peer;

import static io.longreel.peer.Tensors.scalar;
import static io.longreel.peer.Tensors.scoped;

import io.longreel.peer.Parameters.Linear;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Hugging Face's Qwen2ForCausalLM with tied embeddings; operation by operation what its eager modules call. */
final class QwenDecoder {
    private static final double EPSILON = 1e-6;
    private static final double THETA = 1e6;
    private static final double DEVIATION = 0.02;

    private record Block(
            Tensor norm1, Linear q, Linear k, Linear v, Linear out, Tensor norm2, Linear gate, Linear up, Linear down) {}

    /** {@code [1, heads, tokens, head size]}. */
    private record KeyValues(Tensor k, Tensor v) {}

    private record Rotary(Tensor cos, Tensor sin) {}

    private final ModelSize.Language size;
    private final boolean repeatsKeys;
    private final Tensor embedding;
    private final List<Block> blocks = new ArrayList<>();
    private final Tensor norm;

    QwenDecoder(ModelSize.Language size, Parameters parameters, boolean repeatsKeys) {
        this.size = size;
        this.repeatsKeys = repeatsKeys;
        int h = size.hidden();
        int kv = size.keyValueHeads() * size.headSize();
        embedding = parameters.normal(DEVIATION, size.vocabulary(), h);
        for (int i = 0; i < size.layers(); i++) {
            blocks.add(new Block(
                    parameters.filled(1, h),
                    parameters.linear(h, h, DEVIATION, true),
                    parameters.linear(h, kv, DEVIATION, true),
                    parameters.linear(h, kv, DEVIATION, true),
                    parameters.linear(h, h, DEVIATION, false),
                    parameters.filled(1, h),
                    parameters.linear(h, size.intermediate(), DEVIATION, false),
                    parameters.linear(h, size.intermediate(), DEVIATION, false),
                    parameters.linear(size.intermediate(), h, DEVIATION, false)));
        }
        norm = parameters.filled(1, h);
    }

    Tensor embed(Tensor ids) {
        return torch.embedding(embedding, ids);
    }

    /** {@code [1, tokens, hidden]} to logits {@code [1, tokens, vocabulary]}. */
    Tensor apply(Tensor embeddings) {
        return scoped(() -> {
            Rotary rotary = rotary(0, embeddings.size(1), embeddings.scalar_type());
            Tensor x = embeddings;
            for (Block block : blocks) {
                x = block(block, x, rotary, (k, v) -> new KeyValues(k, v));
            }
            return torch.linear(rmsNorm(x, norm), embedding, new TensorOptional());
        });
    }

    /** Room for keys and values of a sequence, in place: no layer copies what is there, as Hugging Face's growing cache does. */
    final class Cache {
        private final List<KeyValues> layers = new ArrayList<>();
        private long tokens;

        Cache(long tokensMax, ScalarType type) {
            for (int i = 0; i < blocks.size(); i++) {
                layers.add(new KeyValues(room(tokensMax, type), room(tokensMax, type)));
            }
        }

        private Tensor room(long tokensMax, ScalarType type) {
            return torch.zeros(1, size.keyValueHeads(), tokensMax, size.headSize()).to(type);
        }

        private KeyValues extended(int layer, Tensor k, Tensor v) {
            long more = k.size(2);
            KeyValues all = layers.get(layer);
            all.k().narrow(2, tokens, more).copy_(k);
            all.v().narrow(2, tokens, more).copy_(v);
            return new KeyValues(all.k().narrow(2, 0, tokens + more), all.v().narrow(2, 0, tokens + more));
        }

        void forget() {
            tokens = 0;
        }
    }

    /** Some more tokens {@code [1, tokens, hidden]}, the first ones or a single one, to the logits of the last {@code [1, 1, vocabulary]}. */
    Tensor extend(Tensor embeddings, Cache cache) {
        long more = embeddings.size(1);
        Tensor logits = scoped(() -> {
            Rotary rotary = rotary(cache.tokens, more, embeddings.scalar_type());
            Tensor x = embeddings;
            for (int i = 0; i < blocks.size(); i++) {
                int layer = i;
                x = block(blocks.get(i), x, rotary, (k, v) -> cache.extended(layer, k, v));
            }
            return torch.linear(rmsNorm(x.narrow(1, more - 1, 1), norm), embedding, new TensorOptional());
        });
        cache.tokens += more;
        return logits;
    }

    private Rotary rotary(long from, long tokens, ScalarType type) {
        int d = size.headSize();
        float[] frequencies = new float[d / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = (float) (1 / Math.pow(THETA, 2.0 * i / d));
        }
        Tensor inverse = Tensor.create(frequencies, d / 2).view(1, d / 2);
        Tensor positions = torch.arange(scalar(from), scalar(from + tokens)).to(ScalarType.Float).view(tokens, 1);
        Tensor angles = scoped(() -> {
            Tensor half = positions.mul(inverse);
            return torch.cat(new TensorVector(half, half), -1);
        });
        Tensor cos = scoped(() -> angles.cos().to(type).view(1, 1, tokens, d));
        Tensor sin = scoped(() -> angles.sin().to(type).view(1, 1, tokens, d));
        return new Rotary(cos, sin);
    }

    private Tensor block(Block block, Tensor x, Rotary rotary, BiFunction<Tensor, Tensor, KeyValues> cached) {
        return scoped(() -> {
            Tensor mixed =
                    scoped(() -> x.add(scoped(() -> attention(block, rmsNorm(x, block.norm1()), rotary, cached))));
            return mixed.add(scoped(() -> feedForward(block, rmsNorm(mixed, block.norm2()))));
        });
    }

    private static Tensor rmsNorm(Tensor x, Tensor weight) {
        return scoped(() -> {
            Tensor wide = x.to(ScalarType.Float);
            Tensor variance = scoped(() -> wide.pow(scalar(2)).mean(new long[] {-1}, true, new ScalarTypeOptional()));
            Tensor scale = scoped(() -> variance.add(scalar(EPSILON)).rsqrt());
            return weight.mul(wide.mul(scale).to(x.scalar_type()));
        });
    }

    private Tensor attention(Block block, Tensor x, Rotary rotary, BiFunction<Tensor, Tensor, KeyValues> cached) {
        Tensor q = scoped(() -> rotate(heads(block.q().apply(x), size.heads()), rotary));
        Tensor k = scoped(() -> rotate(heads(block.k().apply(x), size.keyValueHeads()), rotary));
        Tensor v = scoped(() -> heads(block.v().apply(x), size.keyValueHeads()));
        KeyValues all = cached.apply(k, v);
        Tensor mixed = torch.scaled_dot_product_attention(
                q,
                repeatsKeys ? scoped(() -> repeat(all.k())) : all.k(),
                repeatsKeys ? scoped(() -> repeat(all.v())) : all.v(),
                new TensorOptional(),
                0,
                x.size(1) > 1,
                new DoubleOptional(),
                !repeatsKeys);
        return block.out().apply(mixed.transpose(1, 2).contiguous().reshape(x.size(0), x.size(1), size.hidden()));
    }

    private Tensor heads(Tensor x, int heads) {
        return x.view(x.size(0), x.size(1), heads, size.headSize()).transpose(1, 2);
    }

    private static Tensor rotate(Tensor x, Rotary rotary) {
        long half = x.size(3) / 2;
        Tensor turned =
                torch.cat(new TensorVector(x.narrow(3, half, half).neg(), x.narrow(3, 0, half)), -1);
        return x.mul(rotary.cos()).add(turned.mul(rotary.sin()));
    }

    private Tensor repeat(Tensor x) {
        int times = size.heads() / size.keyValueHeads();
        return x.unsqueeze(2)
                .expand(x.size(0), x.size(1), times, x.size(2), x.size(3))
                .reshape(x.size(0), x.size(1) * times, x.size(2), x.size(3));
    }

    private static Tensor feedForward(Block block, Tensor x) {
        return block.down().apply(scoped(
                () -> scoped(() -> torch.silu(block.gate().apply(x))).mul(block.up().apply(x))));
    }
}
