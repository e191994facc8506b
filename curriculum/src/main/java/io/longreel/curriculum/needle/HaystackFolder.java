package io.longreel.curriculum.needle;

import io.longreel.curriculum.dataset.NeedleCard;
import io.longreel.curriculum.video.FootageStore;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/**
 * Stretches of footage as folders of pictures, for who takes media by their paths. Each frame is written once, in the model's size and without loss; a folder of a stretch has links
 * to its frames. Gone when it is closed. Used by one thread.
 */
final class HaystackFolder implements AutoCloseable {
    private final FootageStore footage;
    private final Path folder;
    private final NeedleCard card;
    private int framesWritten;
    private boolean isMade;

    HaystackFolder(FootageStore footage, Path folder) {
        this.footage = footage;
        this.folder = folder;
        this.card = NeedleCard.forImageSize(footage.footage().imageSize());
    }

    /** A folder with the pictures of frames {@code [from, to)}, at least one. */
    Path stretch(int from, int to) {
        Path stretch = folder.resolve("frames-%d-%d".formatted(from, to));
        make();
        if (Files.isDirectory(stretch)) {
            return stretch;
        }
        write(to);
        try {
            Files.createDirectories(stretch);
            for (int frame = from; frame < to; frame++) {
                Files.createSymbolicLink(
                        stretch.resolve(name(frame)), file(frame).toAbsolutePath());
            }
        } catch (IOException e) {
            throw DiskFailures.unwritable(stretch, e);
        }
        return stretch;
    }

    /** A folder with the picture of a frame over which a card is pasted. */
    Path withCard(int frame, int digit) {
        Path alone = folder.resolve("card-%d-%d".formatted(frame, digit));
        make();
        if (Files.isDirectory(alone)) {
            return alone;
        }
        int side = footage.footage().imageSize();
        footage.visit(frame, frame + 1, (number, rgb_hw3) -> {
            try {
                Files.createDirectories(alone);
                write(alone.resolve(name(frame)), HaystackFrames.withCard(rgb_hw3, side, card, digit), side);
            } catch (IOException e) {
                throw DiskFailures.unwritable(alone, e);
            }
        });
        return alone;
    }

    /** What an earlier process left may be of other footage. */
    private void make() {
        if (isMade) {
            return;
        }
        try {
            DurableFile.deleteTree(folder);
            Files.createDirectories(folder.resolve("frames"));
            isMade = true;
        } catch (IOException e) {
            throw DiskFailures.unwritable(folder, e);
        }
    }

    private void write(int end) {
        int side = footage.footage().imageSize();
        footage.visit(framesWritten, Math.max(framesWritten, end), (frame, rgb_hw3) -> {
            MemorySegment bytes = rgb_hw3.asSlice(0, 3L * side * side);
            write(file(frame), bytes.toArray(ValueLayout.JAVA_BYTE), side);
        });
        framesWritten = Math.max(framesWritten, end);
    }

    private static void write(Path file, byte[] rgb_hw3, int side) {
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < side * side; i++) {
            int red = Byte.toUnsignedInt(rgb_hw3[3 * i]);
            int green = Byte.toUnsignedInt(rgb_hw3[3 * i + 1]);
            int blue = Byte.toUnsignedInt(rgb_hw3[3 * i + 2]);
            image.setRGB(i % side, i / side, red << 16 | green << 8 | blue);
        }
        try {
            ImageIO.write(image, "png", file.toFile());
        } catch (IOException e) {
            throw DiskFailures.unwritable(file, e);
        }
    }

    private Path file(int frame) {
        return folder.resolve("frames").resolve(name(frame));
    }

    private static String name(int frame) {
        return "%06d.png".formatted(frame);
    }

    @Override
    public void close() {
        if (!isMade) {
            return;
        }
        try {
            DurableFile.deleteTree(Disk.system(), folder);
        } catch (IOException e) {
            throw DiskFailures.unwritable(folder, e);
        }
    }
}
