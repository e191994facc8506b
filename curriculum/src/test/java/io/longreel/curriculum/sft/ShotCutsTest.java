package io.longreel.curriculum.sft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.longreel.curriculum.TestFootage;
import io.longreel.curriculum.video.VideoReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShotCutsTest {
    private static final double THRESHOLD = 0.4;

    private final Path directory;

    ShotCutsTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void shouldFindEveryCutAtItsFrame() {
        Path video = ShotFootage.write(directory.resolve("shots.mp4"), 1, 37, 60, 9, 45, 80);
        try (VideoReader reader = VideoReader.open(video, FrameSignature.SIDE)) {
            double[] exact = ShotCuts.find(reader, THRESHOLD).stream()
                    .mapToDouble(
                            cut -> ShotCuts.exactSeconds(reader, cut, THRESHOLD).orElseThrow())
                    .toArray();
            assertArrayEquals(new double[] {37 / 8.0, 97 / 8.0, 106 / 8.0, 151 / 8.0}, exact, 1e-3);
        }
    }

    @Test
    void shouldFindNoCutInsideAShot() {
        Path video = ShotFootage.write(directory.resolve("one.mp4"), 2, 200);
        try (VideoReader reader = VideoReader.open(video, FrameSignature.SIDE)) {
            assertEquals(List.of(), ShotCuts.find(reader, THRESHOLD));
        }
    }

    /** A bird that jumps off before the camera: a frame a quarter of a second later has little in common, and yet there is no cut. */
    @Test
    void shouldTellAFastMoveFromACutWhenFootageIsReal() {
        for (Path video : TestFootage.realVideos()) {
            if (video.getFileName().toString().startsWith("cockatoo")) {
                try (VideoReader reader = VideoReader.open(video, FrameSignature.SIDE)) {
                    List<ShotCuts.Cut> changes = ShotCuts.find(reader, THRESHOLD);
                    assertFalse(changes.isEmpty());
                    changes.forEach(change ->
                            assertEquals(OptionalDouble.empty(), ShotCuts.exactSeconds(reader, change, THRESHOLD)));
                }
            }
        }
    }

    @Test
    void shouldShowClipsInTheShapeOfTheVideo() throws IOException {
        Path video = ShotFootage.write(directory.resolve("shape.mp4"), 3, 40);
        try (ClipPictures pictures = ClipPictures.open(video, 6, 96)) {
            List<ChatRequest.Picture> shown = pictures.of(new Clip(0, 1_000, 3_000));
            assertEquals(6, shown.size());
            var image = ImageIO.read(new ByteArrayInputStream(shown.getFirst().jpeg()));
            assertNotNull(image);
            assertEquals(96, image.getWidth());
            assertEquals(72, image.getHeight());
            assertEquals(1, pictures.of(new Clip(0, 1_000, 1_050)).size());
        }
    }
}
