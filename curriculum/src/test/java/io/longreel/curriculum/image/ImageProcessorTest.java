package io.longreel.curriculum.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageProcessorTest {
    private static final int SIDE = 24;
    /** As in the vision tower of google/siglip-so400m-patch14-384, but for the size. */
    private static final String SIGLIP = """
            {"do_convert_rgb": null, "do_normalize": true, "do_rescale": true, "do_resize": true,
             "image_mean": [0.5, 0.5, 0.5], "image_processor_type": "SiglipImageProcessor", "image_std": [0.5, 0.5, 0.5],
             "processor_class": "SiglipProcessor", "resample": 3, "rescale_factor": 0.00392156862745098,
             "size": {"height": 24, "width": 24}}""";
    /** As of openai/clip-vit-large-patch14, but for the sizes. */
    private static final String CLIP = """
            {"crop_size": 24, "do_center_crop": true, "do_normalize": true, "do_resize": true,
             "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073],
             "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": 30}""";

    private final Path directory;

    ImageProcessorTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void shouldScaleLevelsToUnitRangeWhenSettingsAreSiglips() throws IOException {
        Picture picture = GoldenPictures.draw("noise", 1, SIDE, SIDE);
        float[] expected = new float[3 * SIDE * SIDE];
        for (int i = 0; i < expected.length; i++) {
            int pixel = i % (SIDE * SIDE);
            expected[i] = picture.level(pixel % SIDE, pixel / SIDE, i / (SIDE * SIDE)) / 127.5f - 1f;
        }

        assertArrayEquals(expected, ImageProcessor.siglip(SIDE).process(picture));
        assertArrayEquals(expected, read(SIGLIP).process(picture));
        assertArrayEquals(expected, read("{\"size\": 24}").process(picture));
        assertEquals(127, read(SIGLIP).background(2));
        assertEquals(3L * SIDE * SIDE * Float.BYTES, read(SIGLIP).sizeBytes());
    }

    @Test
    void shouldResizeAsAskedWhenPictureHasAnotherSize() throws IOException {
        Picture picture = GoldenPictures.draw("noise", 2, 71, 40);

        assertEquals(
                Resampling.BICUBIC.resize(picture, SIDE, SIDE), read(SIGLIP).fit(picture));
        assertEquals(
                Resampling.BILINEAR.resize(picture, SIDE, SIDE),
                read(SIGLIP.replace("\"resample\": 3", "\"resample\": 2")).fit(picture));
    }

    @Test
    void shouldCropMiddleWhenSettingsAreClips() throws IOException {
        ImageProcessor clip = read(CLIP);
        Picture wide = GoldenPictures.draw("noise", 3, 71, 40);
        Picture tall = GoldenPictures.draw("noise", 4, 40, 71);

        // 30 * 71 / 40 = 53.25; (53 - 24) / 2 = 14, (30 - 24) / 2 = 3
        assertEquals(Resampling.BICUBIC.resize(wide, 53, 30).crop(14, 3, SIDE, SIDE), clip.fit(wide));
        assertEquals(Resampling.BICUBIC.resize(tall, 30, 53).crop(3, 14, SIDE, SIDE), clip.fit(tall));
        assertEquals(122, clip.background(0));
        float black = clip.process(Picture.filled(SIDE, SIDE, 0, 0, 0))[0];
        float white = clip.process(Picture.filled(SIDE, SIDE, 255, 255, 255))[3 * SIDE * SIDE - 1];
        assertEquals(-0.48145466 / 0.26862954, black, 1e-6);
        assertEquals((1 - 0.40821073) / 0.27577711, white, 1e-6);
        assertEquals(
                clip.fit(wide),
                read(CLIP.replace("\"size\": 30", "\"size\": {\"shortest_edge\": 30}"))
                        .fit(wide));
        ImageProcessor large = read(CLIP.replace("\"size\": 30", "\"size\": 300"));
        assertTrue(assertThrows(RuntimeFailure.class, () -> large.fit(Picture.filled(60_000, 1, 0, 0, 0)))
                .getMessage()
                .contains("too long"));
    }

    @Test
    void shouldLeaveOutStepsWhenTheyAreOff() throws IOException {
        Picture picture = GoldenPictures.draw("noise", 5, SIDE, SIDE);
        ImageProcessor fixed = read(SIGLIP.replace("\"do_resize\": true", "\"do_resize\": false"));
        assertSame(picture, fixed.fit(picture));
        assertThrows(RuntimeFailure.class, () -> fixed.fit(Picture.filled(SIDE, SIDE + 1, 1, 1, 1)));
        assertThrows(RuntimeFailure.class, () -> fixed.fit(Picture.filled(SIDE - 1, SIDE, 1, 1, 1)));

        float raw = read("{\"size\": 24, \"do_rescale\": false, \"do_normalize\": false}")
                .process(picture)[0];
        assertEquals(picture.level(0, 0, 0), raw);
        float scaled = read("{\"size\": 24, \"do_normalize\": false}").process(picture)[0];
        assertEquals(picture.level(0, 0, 0) / 255f, scaled, 1e-7f);
        float one = read("{\"size\": 24, \"image_mean\": 0.25, \"image_std\": 2, \"rescale_factor\": 0.01}")
                .process(picture)[0];
        assertEquals((picture.level(0, 0, 0) * 0.01f - 0.25f) / 2, one, 1e-6f);
    }

    @Test
    void shouldRefuseFileWhenItWouldChangePixelsUnnoticed() {
        assertRefused("\"resample\": 1", "resample=1: only 2 (bilinear) and 3 (bicubic)");
        assertRefused("\"resample\": \"bicubic\"", "resample=\"bicubic\"");
        assertRefused("\"image_processor_type\": \"ViTImageProcessor\"", "only the processors of SigLIP and CLIP");
        assertRefused("\"do_center_crop\": true", "does not crop");
        assertRefused("\"do_pad\": true", "do_pad=true is not understood");
        assertRefused("\"patch_size\": 16", "patch_size=16 is not understood");
        assertRefused("\"data_format\": \"channels_last\"", "data_format=\"channels_last\"");
        assertRefused(
                "\"size\": {\"height\": 384, \"width\": 384}", "384 x 384 pixels, the vision tower takes 24 x 24");
        assertRefused("\"size\": {\"shortest_edge\": 24}", "takes height and width");
        assertRefused("\"size\": {\"longest_edge\": 24}", "height and width must stand there");
        assertRefused("\"size\": {\"height\": 24, \"max\": 24}", "size.width=");
        assertRefused("\"size\": -1", "must be a number of pixels");
        assertRefused("\"size\": 24.5", "must be a number of pixels");
        assertRefused("\"image_mean\": [0.5, 0.5]", "three numbers");
        assertRefused("\"image_mean\": [0.5, 0.5, \"x\"]", "three numbers");
        assertRefused("\"image_std\": [0.5, 0, 0.5]", "must not be 0");
        assertRefused("\"rescale_factor\": \"1/255\"", "must be a number");
        assertRefused("\"do_resize\": 1", "must be true or false");
        String clip = "\"image_processor_type\": \"CLIPImageProcessor\", ";
        assertRefused(clip + "\"crop_size\": 24, \"size\": {\"shortest_edge\": 20}", "crop_size exceeds size");
        assertRefused(clip + "\"crop_size\": 24, \"size\": {\"height\": 20, \"width\": 30}", "crop_size exceeds size");
        assertRefused(clip + "\"do_center_crop\": false, \"size\": 24", "without do_center_crop");
        assertRefused(clip + "\"size\": 24", "224 x 224 pixels");
        assertRefused(clip, "no JSON");
    }

    @Test
    void shouldAcceptKeysWhenTheyChangeNothing() throws IOException {
        ImageProcessor processor = read("""
                {"size": 24, "_valid_processor_keys": ["images"], "do_pad": null, "do_flip": false, "data_format": "channels_first",
                 "do_center_crop": null, "auto_map": {}, "do_convert_rgb": true, "return_tensors": "pt"}""");

        assertEquals(SIDE, processor.imageSize());
    }

    @Test
    void shouldNameFileWhenItCannotBeRead() {
        assertThrows(RuntimeFailure.class, () -> ImageProcessor.read(directory.resolve("missing.json"), SIDE));
        assertThrows(RuntimeFailure.class, () -> read("[1]"));
        assertThrows(RuntimeFailure.class, () -> read("{\"size\":\n\n nothing"));
    }

    private void assertRefused(String entries, String words) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> read("{" + entries + "}"), entries);
        assertEquals(RuntimeFailure.Category.DATA, failure.category());
        assertFalse(failure.getMessage().contains("\n"), failure.getMessage());
        assertTrue(failure.getMessage().startsWith("image processor " + directory), failure.getMessage());
        assertTrue(failure.getMessage().contains(words), failure.getMessage());
    }

    private ImageProcessor read(String json) throws IOException {
        return ImageProcessor.read(Files.writeString(directory.resolve("preprocessor_config.json"), json), SIDE);
    }
}
