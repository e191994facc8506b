package io.longreel.curriculum.sft;

import io.longreel.curriculum.video.VideoWriter;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Footage of shots of known length: each has a background and shapes of its own, which move, under noise. */
final class ShotFootage {
    static final int FRAMES_PER_SECOND = 8;
    static final int WIDTH = 64;
    static final int HEIGHT = 48;

    private ShotFootage() {}

    /**
     * @param shotFrames length of each shot
     */
    static Path write(Path file, long seed, int... shotFrames) {
        SplittableRandom random = new SplittableRandom(seed);
        try (VideoWriter writer =
                VideoWriter.create(file, new VideoWriter.Settings(WIDTH, HEIGHT, FRAMES_PER_SECOND, 24, 0, 4, 0, ""))) {
            byte[] rgb_hw3 = new byte[3 * WIDTH * HEIGHT];
            for (int shot = 0; shot < shotFrames.length; shot++) {
                int[] ground = {random.nextInt(200), random.nextInt(200), random.nextInt(200)};
                ground[shot % 3] = 220; // neighbours differ
                ground[(shot + 1) % 3] = 20;
                for (int frame = 0; frame < shotFrames[shot]; frame++) {
                    paint(rgb_hw3, ground, frame, random);
                    writer.write(rgb_hw3);
                }
            }
            writer.finish();
        }
        return file;
    }

    private static void paint(byte[] rgb_hw3, int[] ground, int frame, SplittableRandom random) {
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                boolean inShape = Math.abs(x - (10 + 3 * frame) % WIDTH) < 8 && Math.abs(y - 24) < 10;
                for (int c = 0; c < 3; c++) {
                    int value = (inShape ? 255 - ground[c] : ground[c]) + random.nextInt(-6, 7);
                    rgb_hw3[3 * (y * WIDTH + x) + c] = (byte) Math.clamp(value, 0, 255);
                }
            }
        }
    }
}
