package io.longreel.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * bench_attn.py with one rank: causal attention, forward and backward, by ATen's flash attention for the CPU. Keys and values are repeated
 * for the heads inside the time, as there; their gradients stay one for each head, as there.
 */
public final class TorchAttention {
    private static final Map<String, String> DEFAULTS = Map.of(
            "world", "1",
            "tokens", "8192",
            "heads", "8",
            "kv", "2",
            "dim", "64",
            "threads", "1",
            "iters", "3",
            "warmup", "1");
    private static final double BACKWARD_TOO = 3.5;

    private TorchAttention() {}

    /** Measures and prints. */
    public static void main(String[] args) {
        Flags flags = Flags.parse(args, DEFAULTS);
        if (flags.number("world") != 1) {
            throw new IllegalArgumentException("--world is 1: there are no ranks here");
        }
        long tokens = flags.number("tokens");
        long heads = flags.number("heads");
        long dim = flags.number("dim");
        long repeats = heads / flags.number("kv");
        torch.set_num_threads(flags.number("threads"));
        torch.manual_seed(0);

        try (PointerScope all = new PointerScope()) {
            Tensor q = torch.randn(1, heads, tokens, dim);
            Tensor k = torch.randn(1, flags.number("kv"), tokens, dim);
            Tensor v = torch.randn(1, flags.number("kv"), tokens, dim);
            Tensor gradient = torch.randn_like(q);
            OperatorHandle attend = Operators.find("_scaled_dot_product_flash_attention_for_cpu", "");
            OperatorHandle differentiate = Operators.find("_scaled_dot_product_flash_attention_for_cpu_backward", "");
            List<Long> totals = new ArrayList<>();
            List<Long> forwards = new ArrayList<>();
            List<Long> backwards = new ArrayList<>();
            int warmup = flags.number("warmup");
            for (int i = 0; i < warmup + flags.number("iters"); i++) {
                try (PointerScope iteration = new PointerScope()) {
                    long start = System.nanoTime();
                    Tensor kk = torch.repeat_interleave(k, repeats, new LongOptional(1), new LongOptional());
                    Tensor vv = torch.repeat_interleave(v, repeats, new LongOptional(1), new LongOptional());
                    IValueVector result = Operators.call(
                            attend,
                            new IValue(q),
                            new IValue(kk),
                            new IValue(vv),
                            new IValue(0.0),
                            new IValue(true),
                            Operators.none(),
                            Operators.none());
                    long forward = System.nanoTime();
                    Tensor dq = torch.zeros_like(q);
                    Tensor dk = torch.zeros_like(kk);
                    Tensor dv = torch.zeros_like(vv);
                    IValueVector gradients = Operators.call(
                            differentiate,
                            new IValue(gradient),
                            new IValue(q),
                            new IValue(kk),
                            new IValue(vv),
                            result.get(0),
                            result.get(1),
                            new IValue(0.0),
                            new IValue(true),
                            Operators.none(),
                            Operators.none());
                    dq.add_(gradients.get(0).toTensor());
                    dk.add_(gradients.get(1).toTensor());
                    dv.add_(gradients.get(2).toTensor());
                    long end = System.nanoTime();
                    if (i >= warmup) {
                        totals.add(end - start);
                        forwards.add(forward - start);
                        backwards.add(end - forward);
                    }
                }
            }
            double work = BACKWARD_TOO * 4 * tokens * tokens / 2 * heads * dim;
            System.out.println(new Report()
                    .text("program", "attention")
                    .number("tokens", tokens)
                    .number("heads", heads)
                    .number("kv", flags.number("kv"))
                    .number("dim", dim)
                    .number("iterations", totals.size())
                    .seconds("seconds", totals)
                    .seconds("forwardSeconds", forwards)
                    .seconds("backwardSeconds", backwards)
                    .number("gflops", work / Report.median(totals))
                    .torchItself());
        }
    }
}
