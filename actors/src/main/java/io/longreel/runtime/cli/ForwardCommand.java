package io.longreel.runtime.cli;

import io.longreel.config.topology.Mesh;
import io.longreel.model.ForwardRun;
import io.longreel.model.SessionOptions;
import io.longreel.ops.device.Devices;
import java.nio.file.Path;
import java.util.concurrent.Callable;
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
            description = "Safetensors with input_ids, labels and pixel_values.")
    private Path batch = Path.of("");

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "Safetensors file to write.")
    private Path out = Path.of("");

    @Option(names = "--gradients", description = "Also write grad.<part>.<name> for every parameter that gets one.")
    private boolean gradients;

    @Option(
            names = "--mesh",
            paramLabel = "ring=R,ulysses=U",
            converter = MeshConverter.class,
            description = "Mesh of ranks in this process (default: one rank).")
    private Mesh mesh = Mesh.single();

    @Override
    public Integer call() {
        double loss = ForwardRun.run(checkpoint, batch, out, mesh, Devices.cpu(), SessionOptions.DEFAULTS, gradients);
        spec.commandLine().getOut().printf("loss=%.6f mesh=%s out=%s%n", loss, mesh, out);
        return Main.OK;
    }

    /** {@code ring=R,ulysses=U}; an axis that is not named has degree 1. */
    static final class MeshConverter implements ITypeConverter<Mesh> {
        @Override
        public Mesh convert(String text) {
            int ring = 1;
            int ulysses = 1;
            for (String axis : text.split(",", -1)) {
                String[] parts = axis.split("=", -1);
                boolean known = parts.length == 2 && (parts[0].equals("ring") || parts[0].equals("ulysses"));
                if (!known || !parts[1].matches("[1-9][0-9]{0,3}")) {
                    throw new TypeConversionException(
                            "a mesh is written ring=R,ulysses=U with degrees from 1 on, found '%s'".formatted(text));
                }
                if (parts[0].equals("ring")) {
                    ring = Integer.parseInt(parts[1]);
                } else {
                    ulysses = Integer.parseInt(parts[1]);
                }
            }
            return new Mesh(1, ring, ulysses);
        }
    }
}
