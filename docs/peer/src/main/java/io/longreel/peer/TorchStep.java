package io.longreel.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** bench_step.py: seconds of one training step of the LongVILA architecture, forward, backward and AdamW. */
public final class TorchStep {
    private static final Map<String, String> DEFAULTS = Map.of(
            "size", "small",
            "frames", "64",
            "threads", "2",
            "dtype", "f32",
            "steps", "5",
            "warmup", "3",
            "unused", "run",
            "keys", "repeat");
    private static final int WORDS = 32;
    private static final long SEED = 0;
    private static final long IGNORED = -100;

    private TorchStep() {}

    /** Measures and prints. */
    public static void main(String[] args) {
        Flags flags = Flags.parse(args, DEFAULTS);
        ModelSize size = ModelSize.valueOf(flags.text("size").toUpperCase(Locale.ROOT));
        ScalarType type = flags.is("dtype", "bf16", "f32") ? ScalarType.BFloat16 : ScalarType.Float;
        int frames = flags.number("frames");
        torch.set_num_threads(flags.number("threads"));
        torch.manual_seed(SEED);

        try (PointerScope all = new PointerScope()) {
            Parameters parameters = new Parameters(type);
            Vila model = new Vila(
                    size, parameters, flags.is("unused", "run", "skip"), flags.is("keys", "repeat", "grouped"));
            FusedAdamW optimizer = new FusedAdamW(parameters.all());
            long image = size.language().vocabulary() - 1;
            Tensor ids = torch.cat(
                    new TensorVector(
                            torch.randint(image, new long[] {WORDS}),
                            torch.full(new long[] {frames}, Tensors.scalar(image)),
                            torch.randint(image, new long[] {WORDS})),
                    0)
                    .to(ScalarType.Long);
            Tensor labels = torch.where(ids.eq(Tensors.scalar(image)), Tensors.scalar(IGNORED), ids);
            int side = size.vision().image();
            Tensor pixels = torch.randn(frames, 3, side, side).to(type);

            List<Double> losses = new ArrayList<>();
            List<Long> steps = new ArrayList<>();
            List<Long> forwards = new ArrayList<>();
            List<Long> backwards = new ArrayList<>();
            List<Long> updates = new ArrayList<>();
            int warmup = flags.number("warmup");
            for (int i = 0; i < warmup + flags.number("steps"); i++) {
                try (PointerScope step = new PointerScope()) {
                    long start = System.nanoTime();
                    Tensor loss = model.loss(ids, labels, pixels, image);
                    long forward = System.nanoTime();
                    loss.backward();
                    long backward = System.nanoTime();
                    optimizer.step();
                    long end = System.nanoTime();
                    losses.add(loss.to(ScalarType.Double).item_double());
                    if (i >= warmup) {
                        steps.add(end - start);
                        forwards.add(forward - start);
                        backwards.add(backward - forward);
                        updates.add(end - backward);
                    }
                }
            }
            System.out.println(new Report()
                    .text("program", "step")
                    .text("size", flags.text("size"))
                    .text("dtype", flags.text("dtype"))
                    .number("frames", frames)
                    .number("tokens", 2 * WORDS + (long) frames * model.tokensPerFrame())
                    .number("parameters", parameters.count())
                    .text("optimizer", "_fused_adamw_")
                    .text("unusedBlock", flags.text("unused"))
                    .text("keys", flags.text("keys"))
                    .number("steps", steps.size())
                    .seconds("stepSeconds", steps)
                    .seconds("forwardSeconds", forwards)
                    .seconds("backwardSeconds", backwards)
                    .seconds("optimizerSeconds", updates)
                    .number("firstLoss", losses.getFirst())
                    .number("lastLoss", losses.getLast())
                    .torchItself());
        }
    }
}
