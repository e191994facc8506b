package io.longreel.curriculum.footage;

import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.dataset.SeedPath;
import io.longreel.curriculum.video.VideoReader;
import io.longreel.curriculum.video.VideoWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.random.RandomGenerator;

/**
 * Makes the haystack video of a run that brings no footage: scenes of one to five seconds, drawn from the seed, encoded as MPEG-4. The same
 * seed gives the same file on every host. It is as varied as real footage where the needle task looks (brightness, texture, sharp edges,
 * dark marks on bright bodies), and has no needle card.
 *
 * <p>Many processes may ask for the same file at once: one makes it, the others wait for it; it appears whole or not at all.
 */
public final class FootageGenerator {
    private static final int SCENE_FRAMES_MIN = 24;
    private static final int SCENE_FRAMES_MAX = 120;
    private static final int KEY_EVERY = 32;
    private static final int QUANTIZER = 3;

    /** Raised when the pictures change, so that a file of an older version is made again. */
    private static final int VERSION = 1;

    /** Ranks of one JVM: file locks keep processes apart, not threads. */
    private static final Object PROCESS_LOCK = new Object();

    private FootageGenerator() {}

    /** Makes {@code file} unless it is there already, made with the same settings and seed. */
    public static void ensure(Path file, GeneratedFootage settings, long seed) {
        Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
        synchronized (PROCESS_LOCK) {
            try {
                Files.createDirectories(file.toAbsolutePath().getParent());
                try (FileChannel channel =
                                FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                        FileLock held = channel.lock()) {
                    if (!isMade(file, settings, seed)) {
                        generate(file, settings, seed);
                    }
                    Files.deleteIfExists(lockFile);
                    held.release();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "cannot make footage in " + file.toAbsolutePath().getParent(), e);
            }
        }
    }

    /** Makes {@code file}, replacing what is there. */
    public static void generate(Path file, GeneratedFootage settings, long seed) {
        if (settings.frames() < 1) {
            throw RuntimeFailure.config("generated footage needs at least one frame: frames=" + settings.frames());
        }
        VideoWriter.Settings encoding = new VideoWriter.Settings(
                settings.width(),
                settings.height(),
                settings.framesPerSecond(),
                KEY_EVERY,
                0,
                QUANTIZER,
                0,
                signature(settings, seed));
        RandomGenerator random = SeedPath.root(seed).child("footage").generator();
        Canvas canvas = new Canvas(settings.width(), settings.height());
        byte[] rgb_hw3 = new byte[3 * settings.width() * settings.height()];
        try (VideoWriter writer = VideoWriter.create(file, encoding)) {
            int frame = 0;
            while (frame < settings.frames()) {
                Scene scene = Scene.draw(random);
                int length = random.nextInt(SCENE_FRAMES_MIN, SCENE_FRAMES_MAX + 1);
                int end = Math.min(settings.frames(), frame + length);
                for (int cut = frame; frame < end; frame++) {
                    scene.paint(canvas, (float) (frame - cut) / settings.framesPerSecond(), frame, rgb_hw3);
                    writer.write(rgb_hw3);
                }
            }
            writer.finish();
        }
    }

    private static boolean isMade(Path file, GeneratedFootage settings, long seed) {
        if (!Files.exists(file)) {
            return false;
        }
        try (VideoReader reader = VideoReader.open(file, 2)) {
            return reader.comment().equals(signature(settings, seed)) && reader.frameCount() == settings.frames();
        } catch (RuntimeFailure damaged) {
            // It will be made again; nothing of the user's is lost.
            return false;
        }
    }

    private static String signature(GeneratedFootage settings, long seed) {
        return "longreel footage %d, seed %d, %d frames, %dx%d at %d/s"
                .formatted(
                        VERSION,
                        seed,
                        settings.frames(),
                        settings.width(),
                        settings.height(),
                        settings.framesPerSecond());
    }
}
