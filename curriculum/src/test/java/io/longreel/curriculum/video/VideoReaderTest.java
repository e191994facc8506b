package io.longreel.curriculum.video;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.TestFootage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VideoReaderTest {
    private static final int SIZE = 40;
    private static final int FRAME_BYTES = SIZE * SIZE * 3;

    private final Path directory;

    VideoReaderTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void shouldGiveSameFrameBySeekAsInSequenceWhenFootageIsReal() {
        for (Path video : TestFootage.realVideos()) {
            assertSeeksExactly(video, 5);
        }
    }

    @Test
    void shouldGiveSameFrameBySeekAsInSequenceWhenFootageIsGenerated() {
        assertSeeksExactly(TestFootage.generated(directory, 300, 5), 60);
    }

    @Test
    void shouldGiveSameFrameBySeekAsInSequenceWhenFramesAreReordered() {
        for (String name : new String[] {"b.mp4", "b.mkv", "b.mov"}) {
            Path video = directory.resolve(name);
            write(video, 150, new VideoWriter.Settings(64, 48, 25, 17, 2, 4, 0, ""));
            assertSeeksExactly(video, 40);
        }
    }

    @Test
    void shouldCountEveryFrameWhenIndexIsScanned() {
        Path video = directory.resolve("count.mkv");
        write(video, 77, new VideoWriter.Settings(64, 48, 25, 17, 2, 4, 0, "a comment"));

        try (VideoReader reader = VideoReader.open(video, SIZE)) {
            assertEquals(77, reader.frameCount());
            assertEquals(77 / 25.0, reader.durationSeconds(), 0.05);
            assertEquals(2.0, reader.seconds(50), 0.002);
            assertEquals("a comment", reader.comment());
        }
    }

    @Test
    void shouldFindSceneOfFrameWhenFramesAreNumberedByBrightness() {
        Path video = directory.resolve("numbered.mp4");
        write(video, 100, new VideoWriter.Settings(64, 48, 25, 30, 2, 2, 0, ""));

        try (VideoReader reader = VideoReader.open(video, SIZE)) {
            for (int i : new int[] {99, 0, 42, 43, 7, 61}) {
                int centre = Byte.toUnsignedInt(frame(reader, i)[FRAME_BYTES / 2]);
                assertEquals(2 * i + 20, centre, 6, "frame " + i);
            }
        }
    }

    @Test
    void shouldGiveTheShapeInWhichAVideoIsShown() {
        for (int degrees : new int[] {0, 90}) {
            Path video = directory.resolve("shape-" + degrees + ".mp4");
            write(video, 5, new VideoWriter.Settings(64, 48, 25, 17, 0, 4, degrees, ""));
            try (VideoReader reader = VideoReader.open(video, SIZE)) {
                assertEquals(degrees == 0 ? 64 / 48.0 : 48 / 64.0, reader.aspectRatio(), 1e-6);
            }
        }
    }

    @Test
    void shouldTurnPictureWhenDisplayMatrixAsksForIt() {
        byte[] upright = corners(0);
        for (int degrees : new int[] {90, 180, 270}) {
            byte[] turned = corners(degrees);
            // The upper left corner goes clockwise through the corners as the picture turns.
            int[] clockwise = {corner(0, 0), corner(SIZE - 1, 0), corner(SIZE - 1, SIZE - 1), corner(0, SIZE - 1)};
            for (int i = 0; i < 4; i++) {
                int to = clockwise[(i + degrees / 90) % 4];
                assertEquals(
                        Byte.toUnsignedInt(upright[clockwise[i]]),
                        Byte.toUnsignedInt(turned[to]),
                        4,
                        "corner %d at %d degrees".formatted(i, degrees));
            }
        }
    }

    @Test
    void shouldNameFileAndReasonWhenItCannotBeRead() throws IOException {
        Path text = Files.writeString(directory.resolve("notes.mp4"), "not a video at all, only a line of text\n");
        Path empty = Files.createFile(directory.resolve("empty.mkv"));
        Path wav = Files.write(directory.resolve("sound.wav"), silence());

        assertFails(directory.resolve("missing.mp4"), "no such file");
        assertFails(directory, "no such file");
        assertFails(text, "opening it failed");
        assertFails(empty, "opening it failed");
        assertFails(wav, "no video stream");
    }

    @Test
    void shouldRefuseFileWhenItIsTruncated() throws IOException {
        for (String name : new String[] {"cut.mp4", "cut.mkv"}) {
            Path video = directory.resolve(name);
            write(video, 200, VideoWriter.Settings.of(64, 48, 25));
            byte[] bytes = Files.readAllBytes(video);
            Files.write(video, java.util.Arrays.copyOf(bytes, bytes.length * 6 / 10));
            RuntimeFailure failure = assertThrows(
                    RuntimeFailure.class, () -> VideoReader.open(video, SIZE).close());
            assertEquals(RuntimeFailure.Category.DATA, failure.category());
        }
    }

    @Test
    void shouldFailOrDecodeButNeverCrashWhenBytesAreDamaged() throws IOException {
        long seed = 11;
        Random random = new Random(seed);
        byte[] intact = Files.readAllBytes(TestFootage.generated(directory, 64, 3));
        int failures = 0;
        for (int round = 0; round < 12; round++) {
            byte[] bytes = intact.clone();
            for (int i = 0; i < 200; i++) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Path video = Files.write(directory.resolve("damaged-" + round + ".mp4"), bytes);
            try (VideoReader reader = VideoReader.open(video, SIZE)) {
                for (int i = 0; i < reader.frameCount(); i++) {
                    frame(reader, i);
                }
            } catch (RuntimeFailure failure) {
                assertEquals(RuntimeFailure.Category.DATA, failure.category());
                assertFalse(failure.toString().contains("\n"), failure.toString());
                failures++;
            }
        }
        assertTrue(failures > 6, "damage must be noticed: failures=%d seed=%d".formatted(failures, seed));
    }

    @Test
    void shouldLeaveNothingBehindWhenWriterIsClosedUnfinished() throws IOException {
        Path video = directory.resolve("unfinished.mp4");
        try (VideoWriter writer = VideoWriter.create(video, VideoWriter.Settings.of(64, 48, 25))) {
            writer.write(new byte[64 * 48 * 3]);
        }
        try (var files = Files.list(directory)) {
            assertEquals(0, files.count());
        }
    }

    private static void assertSeeksExactly(Path video, int jumps) {
        Random random = new Random(17);
        try (VideoReader sequential = VideoReader.open(video, SIZE);
                VideoReader jumping = VideoReader.open(video, SIZE)) {
            byte[][] frames = new byte[sequential.frameCount()][];
            for (int i = 0; i < frames.length; i++) {
                frames[i] = frame(sequential, i);
            }
            for (int jump = 0; jump < jumps; jump++) {
                int i = jump == 0 ? frames.length - 1 : random.nextInt(frames.length);
                assertArrayEquals(frames[i], frame(jumping, i), "%s frame %d".formatted(video, i));
            }
        }
    }

    private static byte[] frame(VideoReader reader, int i) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rgb = arena.allocate(FRAME_BYTES);
            reader.read(i, i + 1, rgb);
            return rgb.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Grey frames whose level counts up, so that a frame can be told by its picture. */
    private static void write(Path video, int frames, VideoWriter.Settings settings) {
        try (VideoWriter writer = VideoWriter.create(video, settings)) {
            byte[] rgb = new byte[settings.width() * settings.height() * 3];
            for (int i = 0; i < frames; i++) {
                java.util.Arrays.fill(rgb, (byte) Math.min(255, 2 * i + 20));
                rgb[i % rgb.length] = (byte) 255;
                writer.write(rgb);
            }
            writer.finish();
        }
    }

    /** A picture whose four quarters differ, written with a display matrix and read back. */
    private byte[] corners(int degrees) {
        Path video = directory.resolve("corners-" + degrees + ".mp4");
        byte[] rgb = new byte[64 * 64 * 3];
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 64; x++) {
                byte level = (byte) (40 + (x < 32 ? 0 : 60) + (y < 32 ? 0 : 120));
                java.util.Arrays.fill(rgb, (y * 64 + x) * 3, (y * 64 + x) * 3 + 3, level);
            }
        }
        try (VideoWriter writer =
                VideoWriter.create(video, new VideoWriter.Settings(64, 64, 25, 8, 0, 1, degrees, ""))) {
            writer.write(rgb);
            writer.write(rgb);
            writer.finish();
        }
        try (VideoReader reader = VideoReader.open(video, SIZE)) {
            assertEquals(degrees, reader.rotationDegrees());
            return frame(reader, 1);
        }
    }

    private static int corner(int x, int y) {
        return (y * SIZE + x) * 3;
    }

    /** A WAV file of one second: a container without pictures. */
    private static byte[] silence() {
        byte[] data = new byte[8000];
        return java.nio.ByteBuffer.allocate(44 + data.length)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .put("RIFF".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .putInt(36 + data.length)
                .put("WAVEfmt ".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .putInt(16)
                .putShort((short) 1)
                .putShort((short) 1)
                .putInt(8000)
                .putInt(8000)
                .putShort((short) 1)
                .putShort((short) 8)
                .put("data".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .putInt(data.length)
                .put(data)
                .array();
    }

    private static void assertFails(Path video, String reason) {
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class, () -> VideoReader.open(video, SIZE).close());
        assertEquals(RuntimeFailure.Category.DATA, failure.category());
        assertTrue(failure.toString().contains(video.toString()), failure.toString());
        assertTrue(failure.toString().contains(reason), failure.toString());
        assertFalse(failure.toString().contains("\n"), failure.toString());
    }
}
