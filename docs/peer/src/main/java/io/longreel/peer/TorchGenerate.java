package io.longreel.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Seconds until the first token of an answer of the LongVILA architecture, and of each token after it, greedily chosen. */
public final class TorchGenerate {
    private static final Map<String, String> DEFAULTS = Map.of(
            "size", "small",
            "frames", "256",
            "text", "64",
            "new", "33",
            "threads", "2",
            "runs", "5",
            "warmup", "2",
            "unused", "run",
            "keys", "repeat");
    private static final long SEED = 0;

    private TorchGenerate() {}

    /** Measures and prints. */
    public static void main(String[] args) {
        Flags flags = Flags.parse(args, DEFAULTS);
        ModelSize size = ModelSize.valueOf(flags.text("size").toUpperCase(Locale.ROOT));
        int frames = flags.number("frames");
        int text = flags.number("text");
        int more = flags.number("new");
        torch.set_num_threads(flags.number("threads"));
        torch.manual_seed(SEED);

        try (PointerScope all = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Parameters parameters = new Parameters(ScalarType.Float);
            Vila model = new Vila(
                    size, parameters, flags.is("unused", "run", "skip"), flags.is("keys", "repeat", "grouped"));
            long image = size.language().vocabulary() - 1;
            Tensor ids = torch.cat(
                    new TensorVector(
                            torch.randint(image, new long[] {text / 2}),
                            torch.full(new long[] {frames}, Tensors.scalar(image)),
                            torch.randint(image, new long[] {text - text / 2})),
                    0)
                    .to(ScalarType.Long);
            int side = size.vision().image();
            Tensor pixels = torch.randn(frames, 3, side, side);
            long tokens = text + (long) frames * model.tokensPerFrame();
            QwenDecoder.Cache cache = model.cache(tokens + more, ScalarType.Float);

            List<Long> prompts = new ArrayList<>();
            List<Long> decodes = new ArrayList<>();
            int warmup = flags.number("warmup");
            for (int i = 0; i < warmup + flags.number("runs"); i++) {
                try (PointerScope run = new PointerScope()) {
                    cache.forget();
                    long start = System.nanoTime();
                    Tensor token = model.first(ids, pixels, image, cache);
                    long end = System.nanoTime();
                    if (i >= warmup) {
                        prompts.add(end - start);
                    }
                    for (int j = 1; j < more; j++) {
                        start = System.nanoTime();
                        token = model.next(token, cache);
                        end = System.nanoTime();
                        if (i >= warmup) {
                            decodes.add(end - start);
                        }
                    }
                }
            }
            System.out.println(new Report()
                    .text("program", "generate")
                    .text("size", flags.text("size"))
                    .number("frames", frames)
                    .number("tokens", tokens)
                    .number("parameters", parameters.count())
                    .text("unusedBlock", flags.text("unused"))
                    .text("keys", flags.text("keys"))
                    .number("runs", prompts.size())
                    .seconds("firstTokenSeconds", prompts)
                    .seconds("decodeSeconds", decodes)
                    .torchItself());
        }
    }
}
