package io.longreel.curriculum.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.curriculum.Curriculum;
import io.longreel.curriculum.TestFootage;
import io.longreel.curriculum.TestRun;
import io.longreel.model.FrameSource;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilmStripTest {
    private static final int SIZE = TestFootage.IMAGE_SIZE;

    @Test
    void shouldShowCardInMiddleWhenThereIsRoom(@TempDir Path out) throws IOException {
        try (Curriculum curriculum = TestRun.open(out)) {
            NeedleGrid grid = curriculum.needleGrid(
                    curriculum.plan().stages().get(2).evaluation().orElseThrow());
            FrameSource frames = grid.batch(4, 0).frames();
            byte[] png = FilmStrip.png(frames, SIZE, grid.cells().get(4).needleFrame(), 5, 2);
            BufferedImage strip = ImageIO.read(new ByteArrayInputStream(png));

            assertEquals(5 * 2 * SIZE + 4 * 4, strip.getWidth());
            assertEquals(2 * SIZE, strip.getHeight());
            int cards = 0;
            for (int i = 0; i < 5; i++) {
                int corner = strip.getRGB(i * (2 * SIZE + 4) + 2 * 10, 2 * 46) & 0xffffff;
                cards += corner == 0xebeb28 ? 1 << i : 0;
            }
            assertEquals(1 << 2, cards, "only the frame in the middle has the card");
            assertTrue(FilmStrip.png(frames, SIZE, 99, 200, 1).length > 0);
        }
    }
}
