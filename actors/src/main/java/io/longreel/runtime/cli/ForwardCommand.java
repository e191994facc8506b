package io.longreel.runtime.cli;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.PrecisionSettings.Exchange;
import io.longreel.config.PrecisionSettings.Products;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.topology.Mesh;
import io.longreel.model.ForwardRun;
import io.longreel.model.SessionOptions;
import io.longreel.ops.device.Devices;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code forward}: one batch through a checkpoint, written out for comparison with another implementation. */
@Command(
        name = "forward",
        description = "Runs one batch through a checkpoint and writes loss, logits, features and gradients.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class ForwardCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(names = "--checkpoint", required = true, paramLabel = "DIR", description = "Model in VILA's layout.")
    private Path checkpoint = Path.of("");

    @Option(
            names = "--batch",
            required = true,
            paramLabel = "FILE",
            description = "Safetensors with input_ids, labels, pixel_values and, for packed documents, cu_seqlens.")
    private Path batch = Path.of("");

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "Safetensors file to write.")
    private Path out = Path.of("");

    @Option(names = "--gradients", description = "Also write grad.<part>.<name> for every parameter that gets one.")
    private boolean gradients;

    @Option(
            names = "--mesh",
            paramLabel = "ring=R,ulysses=U[,inner=AXIS]",
            converter = MeshConverter.class,
            description = "Mesh of ranks in this process (default: one rank); inner is ulysses (default) or ring.")
    private Mesh mesh = Mesh.single();

    @Option(
            names = "--layout",
            paramLabel = "NAME",
            description = "Which tokens a rank owns: contiguous, zigzag (default) or striped.")
    private Layout layout = SessionOptions.DEFAULTS.sharding().layout();

    @Option(names = "--one-stage", description = "Leave tokens with the rank that encoded their frames.")
    private boolean oneStage;

    @Option(
            names = "--exchange",
            paramLabel = "TYPE",
            description = "What attention rounds to and sends: fp32 (default) or bf16.")
    private Exchange exchange = SessionOptions.DEFAULTS.precision().exchange();

    @Option(
            names = "--products",
            paramLabel = "TYPE",
            description = "What linear layers round their factors to: fp32 (default) or bf16.")
    private Products products = SessionOptions.DEFAULTS.precision().products();

    @Option(names = "--exact", description = "Sum so that every mesh gives the same bits; slow.")
    private boolean exact;

    @Override
    public Integer call() {
        double loss = ForwardRun.run(checkpoint, batch, out, mesh, Devices.cpu(), options(), gradients);
        spec.commandLine().getOut().printf("loss=%.6f mesh=%s out=%s%n", loss, mesh, out);
        return Main.OK;
    }

    private SessionOptions options() {
        SessionOptions defaults = SessionOptions.DEFAULTS;
        ShardingSettings sharding = new ShardingSettings(
                layout, oneStage ? Stages.ONE : Stages.TWO, defaults.sharding().state());
        PrecisionSettings precision = new PrecisionSettings(
                defaults.precision().weights(),
                exchange,
                products,
                exact ? Sums.EXACT : defaults.precision().sums());
        return defaults.withSharding(sharding).withPrecision(precision);
    }

    /** {@code ring=R,ulysses=U,inner=AXIS} in any order; an axis that is not named has degree 1. */
    static final class MeshConverter implements ITypeConverter<Mesh> {
        private static final Pattern DEGREE = Pattern.compile("(ring|ulysses)=([1-9][0-9]{0,3})");
        private static final Pattern INNER = Pattern.compile("(inner)=(ring|ulysses)");

        @Override
        public Mesh convert(String text) {
            Map<String, String> parts = new HashMap<>();
            for (String part : text.split(",", -1)) {
                Matcher matcher = Stream.of(DEGREE, INNER)
                        .map(pattern -> pattern.matcher(part))
                        .filter(Matcher::matches)
                        .findFirst()
                        .orElseThrow(() -> wrong(text));
                if (parts.put(matcher.group(1), matcher.group(2)) != null) {
                    throw wrong(text);
                }
            }
            return new Mesh(
                    1,
                    Integer.parseInt(parts.getOrDefault("ring", "1")),
                    Integer.parseInt(parts.getOrDefault("ulysses", "1")),
                    parts.getOrDefault("inner", "ulysses").equals("ring") ? Mesh.Inner.RING : Mesh.Inner.ULYSSES);
        }

        private static TypeConversionException wrong(String text) {
            return new TypeConversionException(
                    "a mesh is written ring=R,ulysses=U with degrees from 1 on, and inner=ring or inner=ulysses, found '%s'"
                            .formatted(text));
        }
    }
}
