package io.longreel.curriculum.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFileTest {
    /** A grey JPEG has one rounding, a coloured one adds those of its chroma. */
    private static final int JPEG_LEVELS_MAX = 3;

    private static final double JPEG_LEVELS_MEAN_MAX = 0.12;
    private static final double CMYK_LEVELS_MEAN_MAX = 1.1;

    private final Path directory;

    PictureFileTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void shouldGivePillowsBytesWhenFormatIsNoJpeg() throws IOException {
        for (String name : goldens()) {
            if (!name.endsWith(".jpg")) {
                byte[] expected = GoldenPictures.bytes(name + ".rgb");
                byte[] actual = PictureFile.at(GoldenPictures.path(name)).read().toBytes();
                assertEquals(0, GoldenPictures.largestDifference(expected, actual), name);
            }
        }
    }

    @Test
    void shouldComeCloseToPillowsBytesWhenFormatIsJpeg() throws IOException {
        for (String name : goldens()) {
            if (name.endsWith(".jpg")) {
                byte[] expected = GoldenPictures.bytes(name + ".rgb");
                byte[] actual = PictureFile.at(GoldenPictures.path(name)).read().toBytes();
                int largest = GoldenPictures.largestDifference(expected, actual);
                double mean = GoldenPictures.meanDifference(expected, actual);
                String difference = "%s: largest=%d mean=%.3f".formatted(name, largest, mean);
                assertTrue(largest <= JPEG_LEVELS_MAX, difference);
                assertTrue(mean <= (name.equals("cmyk.jpg") ? CMYK_LEVELS_MEAN_MAX : JPEG_LEVELS_MEAN_MAX), difference);
            }
        }
    }

    @Test
    void shouldTellSizeWithoutDecodingWhenFormatIsAny() throws IOException {
        for (String name : goldens()) {
            PictureFile file = PictureFile.at(GoldenPictures.path(name));
            assertEquals(file.read().size(), file.size(), name);
        }
    }

    @Test
    void shouldReadStretchWhenPictureLiesInsideBiggerFile() throws IOException {
        for (String name : List.of("420.jpg", "rgb.png", "lossy.webp", "palette.gif", "rgb.bmp")) {
            byte[] picture = GoldenPictures.bytes(name);
            byte[] archive = new byte[picture.length + 1536];
            Arrays.fill(archive, (byte) 0xD9);
            System.arraycopy(picture, 0, archive, 1024, picture.length);
            Path file = Files.write(directory.resolve(name + ".tar"), archive);

            PictureFile member = PictureFile.within(file, name, 1024, picture.length);

            assertEquals(PictureFile.at(GoldenPictures.path(name)).read(), member.read());
            assertFails(PictureFile.within(file, name, 1024, picture.length + 513L), "ends 1 bytes before it");
            assertFails(PictureFile.within(file, name, 1024, picture.length / 2), "");
        }
    }

    @Test
    void shouldTakeUpperBytesWhenGreyHas16Bits() {
        // 3 x 2 pixels; Pillow would give 255 for all but the first.
        Picture picture = PictureFile.at(GoldenPictures.path("grey-16.png")).read();

        assertEquals(
                Picture.of(3, 2, new byte[] {
                    0, 0, 0, 1, 1, 1, 2, 2, 2, 64, 64, 64, (byte) 128, (byte) 128, (byte) 128, -1, -1, -1
                }),
                picture);
    }

    @Test
    void shouldRefuseFileWhenItIsCutAnywhere() throws IOException {
        for (String name : goldens()) {
            byte[] intact = GoldenPictures.bytes(name);
            // Only its first image is needed of an animation.
            int needed = name.equals("animated.gif") ? intact.length / 4 : intact.length - 4;
            for (int length = 0; length < needed; length += 1 + intact.length / 12) {
                Path file = Files.write(directory.resolve(name), Arrays.copyOf(intact, length));
                assertFails(PictureFile.at(file), "");
            }
        }
    }

    @Test
    void shouldFailOrDecodeButNeverCrashWhenBytesAreDamaged() throws IOException {
        long seed = 21;
        Random random = new Random(seed);
        int failures = 0;
        for (String name : goldens()) {
            for (int round = 0; round < 4; round++) {
                byte[] bytes = GoldenPictures.bytes(name).clone();
                for (int i = 0; i < 1 + bytes.length / 100; i++) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
                PictureFile file = PictureFile.at(Files.write(directory.resolve(name), bytes));
                try {
                    assertEquals(file.size(), file.read().size());
                } catch (RuntimeFailure failure) {
                    assertOneLine(failure);
                    failures++;
                }
            }
        }
        assertTrue(failures > 60, "damage must be noticed: failures=%d seed=%d".formatted(failures, seed));
    }

    @Test
    void shouldRefusePictureWhenItIsTooLargeOrEmpty() throws IOException {
        byte[] png = GoldenPictures.bytes("rgb.png");
        assertFails(sized(png, 20_000, 20_000), "20000 x 20000 pixels, more than");
        assertFails(sized(png, 70_000, 1), "70000 x 1 pixels, more than");
        assertFails(sized(png, 0, 5), "no size");
    }

    @Test
    void shouldNameFileAndReasonWhenItIsNoPicture() throws IOException {
        Path text = Files.writeString(directory.resolve("notes.png"), "not a picture at all, only a line of text\n");

        assertFails(PictureFile.at(directory.resolve("missing.jpg")), "no such file");
        assertFails(PictureFile.at(directory), "no such file");
        assertFails(PictureFile.at(text), "no JPEG, PNG, WebP, BMP or GIF");
        assertFails(PictureFile.at(Files.createFile(directory.resolve("empty.png"))), "no JPEG");
        assertFails(
                PictureFile.at(Files.write(
                        directory.resolve("animated.webp"),
                        "RIFF\u0016\0\0\0WEBPVP8X\n\0\0\0\u0002\0\0\0\0\0\0\0\0\0"
                                .getBytes(StandardCharsets.ISO_8859_1))),
                "animation");
        assertThrows(IllegalArgumentException.class, () -> PictureFile.within(text, "a", -1, 5));
    }

    private PictureFile sized(byte[] png, int width, int height) throws IOException {
        byte[] changed = png.clone();
        ByteBuffer.wrap(changed).putInt(16, width).putInt(20, height);
        return PictureFile.at(Files.write(directory.resolve("sized.png"), changed));
    }

    private static void assertFails(PictureFile file, String words) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, file::read, file::toString);
        assertOneLine(failure);
        assertTrue(failure.getMessage().contains(words), failure.getMessage());
    }

    private static void assertOneLine(RuntimeFailure failure) {
        assertEquals(RuntimeFailure.Category.DATA, failure.category());
        assertFalse(failure.getMessage().contains("\n"), failure.getMessage());
        assertTrue(failure.getMessage().startsWith("image "), failure.getMessage());
    }

    /** Names of the image files beside whose results lie. */
    private static List<String> goldens() throws IOException {
        try (Stream<Path> files = Files.list(GoldenPictures.path("rgb.png").getParent())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".rgb"))
                    .map(name -> name.substring(0, name.length() - ".rgb".length()))
                    .sorted()
                    .toList();
        }
    }
}
