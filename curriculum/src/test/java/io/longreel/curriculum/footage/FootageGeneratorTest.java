package io.longreel.curriculum.footage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.TestFootage;
import io.longreel.curriculum.dataset.NeedleCard;
import io.longreel.curriculum.video.FootageStore;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FootageGeneratorTest {
    private static final int SIZE = TestFootage.IMAGE_SIZE;

    private final Path directory;

    FootageGeneratorTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void shouldMakeSameFileFromSameSeedAndAnotherFromAnother() throws IOException {
        GeneratedFootage settings = new GeneratedFootage(40, 64, 48, 24);
        FootageGenerator.generate(directory.resolve("a.mp4"), settings, 9);
        FootageGenerator.generate(directory.resolve("b.mp4"), settings, 9);
        FootageGenerator.generate(directory.resolve("c.mp4"), settings, 10);
        byte[] first = Files.readAllBytes(directory.resolve("a.mp4"));
        assertArrayEquals(first, Files.readAllBytes(directory.resolve("b.mp4")));
        assertFalse(java.util.Arrays.equals(first, Files.readAllBytes(directory.resolve("c.mp4"))));
    }

    @Test
    void shouldMakeFileOnceWhenManyAskAtOnce() throws IOException {
        Path file = directory.resolve("run/haystack.mp4");
        GeneratedFootage settings = new GeneratedFootage(40, 64, 48, 24);
        Set<Object> files = new HashSet<>();
        List<CompletableFuture<Object>> askers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            askers.add(CompletableFuture.supplyAsync(() -> {
                FootageGenerator.ensure(file, settings, 1);
                try {
                    return Files.getAttribute(file, "unix:ino");
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }));
        }
        askers.forEach(asker -> files.add(asker.join()));
        assertEquals(1, files.size());
        try (Stream<Path> left = Files.list(file.getParent())) {
            assertEquals(List.of(file), left.toList());
        }
    }

    @Test
    void shouldVaryInBrightnessAndHaveNoNeedleCard() {
        NeedleCard card = NeedleCard.forImageSize(SIZE);
        double[] darkest = {255};
        double[] brightest = {0};
        double[] closest = {Double.MAX_VALUE};
        try (FootageStore store = TestFootage.store(directory, 800, 77, 1 << 24)) {
            store.visit(0, 800, (frame, rgb_hw3) -> {
                byte[] pixels = rgb_hw3.toArray(ValueLayout.JAVA_BYTE);
                double mean = 0;
                for (byte value : pixels) {
                    mean += Byte.toUnsignedInt(value);
                }
                darkest[0] = Math.min(darkest[0], mean / pixels.length);
                brightest[0] = Math.max(brightest[0], mean / pixels.length);
                for (int digit = 0; digit < NeedleCard.DIGITS; digit++) {
                    closest[0] = Math.min(closest[0], distance(pixels, card.pixels(digit), card));
                }
            });
        }
        assertTrue(
                darkest[0] < 50 && brightest[0] > 140,
                "darkest=%.0f brightest=%.0f".formatted(darkest[0], brightest[0]));
        assertTrue(closest[0] > 40, "a frame looks like a card: rms=%.1f".formatted(closest[0]));
    }

    @Test
    void shouldRefuseSizesThatCannotBeEncoded() {
        assertThrows(
                RuntimeFailure.class,
                () -> FootageGenerator.generate(directory.resolve("x.mp4"), new GeneratedFootage(3, 15, 16, 24), 1));
        assertThrows(
                RuntimeFailure.class,
                () -> FootageGenerator.generate(directory.resolve("x.mp4"), new GeneratedFootage(0, 16, 16, 24), 1));
    }

    /** Root mean square over the place of the card. */
    private static double distance(byte[] frame, byte[] card, NeedleCard geometry) {
        double sum = 0;
        int size = geometry.size();
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < 3 * size; x++) {
                int from = ((y + geometry.offset()) * SIZE + geometry.offset()) * 3 + x;
                double difference = Byte.toUnsignedInt(frame[from]) - Byte.toUnsignedInt(card[y * size * 3 + x]);
                sum += difference * difference;
            }
        }
        return Math.sqrt(sum / card.length);
    }
}
