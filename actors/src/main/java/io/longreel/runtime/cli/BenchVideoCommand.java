package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.curriculum.footage.FootageGenerator;
import io.longreel.curriculum.video.VideoBench;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench video}: frames out of files. */
@Command(
        name = "video",
        description = "Decodes videos to frames of the size that a vision tower takes; beside it, decoding alone.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class BenchVideoCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** 720p, as much of what is watched. */
    private static final GeneratedFootage OWN_FOOTAGE = new GeneratedFootage(300, 1280, 720, 30);

    private static final long SEED = 1;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "FILE", arity = "0..*", description = "Videos; without any, one of 720p is made for it.")
    private List<Path> files = List.of();

    @Option(names = "--side", paramLabel = "N", description = "Pixels of a frame's side (default: ${DEFAULT-VALUE}).")
    private int side = 384;

    @Option(names = "--frames", paramLabel = "N", description = "Of each file at most (default: ${DEFAULT-VALUE}).")
    private int frames = 1000;

    @Option(names = "--threads", paramLabel = "N", description = "Each reads all files (default: ${DEFAULT-VALUE}).")
    private int threads = 1;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (!files.isEmpty()) {
            print(VideoBench.run(new VideoBench.Setting(files, side, frames, threads), BenchCommand.CLOCK_NS));
            return Main.OK;
        }
        Path folder = Files.createTempDirectory("longreel-bench-");
        Path clip = folder.resolve("clip.mp4");
        try {
            FootageGenerator.generate(clip, OWN_FOOTAGE, SEED);
            print(VideoBench.run(new VideoBench.Setting(List.of(clip), side, frames, threads), BenchCommand.CLOCK_NS));
            return Main.OK;
        } finally {
            Files.deleteIfExists(clip);
            Files.delete(folder);
        }
    }

    private void print(VideoBench.Result result) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JSON.createObjectNode()
                    .put("frames", result.frames())
                    .put("seconds", result.seconds())
                    .put("framesPerSecond", result.framesPerSecond())
                    .put("limitFramesPerSecond", result.decodedPerSecond())
                    .put("shareOfLimit", result.shareOfLimit()));
        } else {
            out.printf(
                    Locale.ROOT,
                    "%d frames to %d x %d: %.0f frames/s; decoding alone %.0f frames/s, share %.1f%%%n",
                    result.frames(),
                    side,
                    side,
                    result.framesPerSecond(),
                    result.decodedPerSecond(),
                    100 * result.shareOfLimit());
        }
        out.flush();
    }
}
