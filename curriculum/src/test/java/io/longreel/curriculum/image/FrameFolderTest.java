package io.longreel.curriculum.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FrameFolderTest {
    private final Path directory;

    FrameFolderTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void shouldCountFramesAsPersonWouldWhenNamesHoldNumbers() throws IOException {
        List<String> names = List.of(
                "clip-1-frame-9.jpg",
                "clip-1-frame-10.PNG",
                "clip-2-frame-001.webp",
                "clip-2-frame-1.webp",
                "clip-10.bmp");
        for (String name : names.reversed()) {
            Files.createFile(directory.resolve(name));
        }
        Files.createFile(directory.resolve("notes.txt"));
        Files.createFile(directory.resolve(".hidden.jpg"));
        Files.createDirectory(directory.resolve("more.jpg"));

        FrameFolder folder = FrameFolder.open(directory);

        assertEquals(names.size(), folder.frameCount());
        assertEquals(directory, folder.directory());
        assertEquals(
                names,
                IntStream.range(0, folder.frameCount())
                        .mapToObj(i -> folder.file(i).file().getFileName().toString())
                        .toList());
    }

    @Test
    void shouldReadFrameWhenItsNumberIsGiven() throws IOException {
        Files.copy(GoldenPictures.path("rgb.png"), directory.resolve("2.png"));
        Files.copy(GoldenPictures.path("grey.png"), directory.resolve("10.png"));
        FrameFolder folder = FrameFolder.open(directory);

        assertEquals(PictureFile.at(GoldenPictures.path("rgb.png")).read(), folder.read(0));
        assertEquals(PictureFile.at(GoldenPictures.path("grey.png")).read(), folder.read(1));
        assertThrows(IllegalArgumentException.class, () -> folder.read(2));
        assertThrows(IllegalArgumentException.class, () -> folder.file(-1));
    }

    @Test
    void shouldOrderNamesTotallyWhenTheyAreAny() {
        long seed = 12;
        Random random = new Random(seed);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            StringBuilder name = new StringBuilder();
            for (int length = random.nextInt(6); length >= 0; length--) {
                name.append("0019a.b".charAt(random.nextInt(7)));
            }
            names.add(name.toString());
        }
        for (String a : names) {
            for (String b : names) {
                int order = FrameFolder.compareNaturally(a, b);
                String facts = "seed=%d a=%s b=%s".formatted(seed, a, b);
                assertEquals(-Integer.signum(order), Integer.signum(FrameFolder.compareNaturally(b, a)), facts);
                assertEquals(a.equals(b), order == 0, facts);
            }
        }
        List<String> sorted = new ArrayList<>(names);
        sorted.sort(FrameFolder::compareNaturally);
        Collections.shuffle(names, random);
        names.sort(FrameFolder::compareNaturally);
        assertEquals(sorted, names, "seed=" + seed);
        String huge = "9".repeat(40);
        assertTrue(FrameFolder.compareNaturally(huge, huge + "0") < 0);
    }

    @Test
    void shouldRefuseFolderWhenItHoldsNoImages() throws IOException {
        Path empty = Files.createDirectory(directory.resolve("empty"));

        RuntimeFailure none = assertThrows(RuntimeFailure.class, () -> FrameFolder.open(empty));
        assertTrue(none.getMessage().endsWith("must end in one of bmp, gif, jpeg, jpg, png, webp"), none.getMessage());
        assertThrows(RuntimeFailure.class, () -> FrameFolder.open(directory.resolve("missing")));
        assertEquals(RuntimeFailure.Category.DATA, none.category());
    }
}
