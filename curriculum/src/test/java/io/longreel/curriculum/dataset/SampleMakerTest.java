package io.longreel.curriculum.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Source;
import io.longreel.curriculum.TestFootage;
import io.longreel.curriculum.text.ByteTokenizer;
import io.longreel.curriculum.text.Wording;
import io.longreel.curriculum.video.FootageStore;
import io.longreel.model.FrameSource;
import io.longreel.model.PackedBatch;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleMakerTest {
    private static final int SIZE = TestFootage.IMAGE_SIZE;
    private static final SeedPath SEED = SeedPath.root(7);

    private final FootageStore store;
    private final SampleMaker samples;

    SampleMakerTest(@TempDir Path directory) {
        store = TestFootage.store(directory, 200, 1, 1 << 22);
        samples = SampleMaker.over(store, Wording.bytes());
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void shouldWriteCaptionAfterOneFrameWhenSourceIsCaptions() {
        boolean sawScene = false;
        for (int i = 0; i < 60; i++) {
            Sample sample = samples.make(new Source.Captions(), SEED.child(i).generator());
            String text = ByteTokenizer.decode(sample.ids());
            assertEquals(1, sample.frames().frameCount());
            assertEquals(ByteTokenizer.BEGIN, sample.ids()[0]);
            assertEquals(ByteTokenizer.IMAGE, sample.ids()[1]);
            assertEquals(ByteTokenizer.END, sample.ids()[sample.ids().length - 1]);
            boolean hasCard = ((VideoFrames) sample.prepared().orElseThrow())
                    .spec()
                    .needle()
                    .isPresent();
            sawScene |= !hasCard;
            assertTrue(text.matches(hasCard ? "a card with \\d" : "a scene"), text);
            assertEquals(text.length() + 1, labelled(sample), "description and end are learned");
        }
        assertTrue(sawScene, "some captions must show no card");
    }

    @Test
    void shouldAskForCardWhenSourceIsNeedleQuestions() {
        Source source = new Source.NeedleQuestions(List.of(1, 4, 33));
        for (int i = 0; i < 30; i++) {
            Sample sample = samples.make(source, SEED.child(i).generator());
            Needle needle = ((VideoFrames) sample.prepared().orElseThrow())
                    .spec()
                    .needle()
                    .orElseThrow();
            assertTrue(List.of(1, 4, 33).contains(sample.frames().frameCount()));
            assertEquals("\nWhich number is on the card? " + needle.digit(), ByteTokenizer.decode(sample.ids()));
            assertEquals(2, labelled(sample));
            assertEquals(sample.ids().length + 3L * sample.frames().frameCount(), sample.expandedTokens(4));
        }
    }

    @Test
    void shouldHideKeyInTextOfChosenLengthWhenSourceIsPasskeys() {
        Source source = new Source.Passkeys(64, 96);
        for (int i = 0; i < 50; i++) {
            Sample sample = samples.make(source, SEED.child(i).generator());
            String text = ByteTokenizer.decode(sample.ids());
            char answer = text.charAt(text.length() - 1);
            assertTrue(
                    sample.ids().length >= 64 + 33 && sample.ids().length <= 96 + 33, "length " + sample.ids().length);
            assertTrue(text.contains(" the card says " + answer + " "), text);
            assertTrue(text.endsWith("\nWhich number is on the card? " + answer), text);
            assertEquals(0, sample.frames().frameCount());
        }
        assertThrows(RuntimeFailure.class, () -> samples.make(new Source.Passkeys(15, 96), SEED.generator()));
    }

    @Test
    void shouldKnowLongestSampleOfASource() {
        for (Source source : List.of(
                new Source.Captions(), new Source.NeedleQuestions(List.of(3, 12)), new Source.Passkeys(64, 66))) {
            long longest = 0;
            for (int i = 0; i < 60; i++) {
                Sample sample = samples.make(source, SEED.child(i).generator());
                longest = Math.max(longest, sample.expandedTokens(4));
            }
            assertEquals(longest, SampleMaker.tokensMax(source, 4, Wording.bytes()), source.toString());
        }
    }

    @Test
    void shouldDrawSameSampleWhenPathIsSameAndAnotherWhenItDiffers() {
        Source source = new Source.NeedleQuestions(List.of(64));
        SeedPath path = SEED.child(3).child(1000).child(0);
        VideoSpec first = specOf(samples.make(source, path.generator()));
        samples.make(source, SEED.child(99).generator());
        assertEquals(first, specOf(samples.make(source, path.generator())));
        assertNotEquals(
                first,
                specOf(samples.make(source, SEED.child(3).child(1000).child(1).generator())));
        assertNotEquals(
                first,
                specOf(samples.make(source, SEED.child(3).child(1001).child(0).generator())));
        assertNotEquals(
                first,
                specOf(samples.make(source, SEED.child(4).child(1000).child(0).generator())));
    }

    @Test
    void shouldPaintSamePixelsWhenFramesAreReadInShards() {
        Sample sample = samples.make(new Source.NeedleQuestions(List.of(100)), SEED.generator());
        PackedBatch batch = SamplePacker.join(List.of(sample, samples.make(new Source.Captions(), SEED.generator())));
        float[] whole = read(batch.frames(), 0, 101);
        for (int shards : new int[] {2, 3, 7}) {
            float[] joined = new float[whole.length];
            int perFrame = 3 * SIZE * SIZE;
            for (int p = 0; p < shards; p++) {
                int from = 101 * p / shards;
                float[] part = read(batch.frames(), from, 101 * (p + 1) / shards);
                System.arraycopy(part, 0, joined, from * perFrame, part.length);
            }
            assertArrayEquals(whole, joined, shards + " shards");
        }
    }

    @Test
    void shouldApplyGainAndMirrorToFootageButNotToCard() {
        VideoSpec plain =
                new VideoSpec(1, List.of(new VideoSpec.Segment(20, 1, 1f, false)), java.util.Optional.empty());
        VideoSpec bright = new VideoSpec(
                1, List.of(new VideoSpec.Segment(20, 1, 1.2f, true)), java.util.Optional.of(new Needle(0, 4)));
        NeedleCard card = NeedleCard.forImageSize(SIZE);
        float[] source = read(VideoFrames.of(store, card, plain), 0, 1);
        float[] painted = read(VideoFrames.of(store, card, bright), 0, 1);
        byte[] cardPixels = card.pixels(4);
        for (int channel = 0; channel < 3; channel++) {
            for (int y = 0; y < SIZE; y++) {
                for (int x = 0; x < SIZE; x++) {
                    float value = painted[(channel * SIZE + y) * SIZE + x];
                    boolean onCard = x >= 8 && x < 48 && y >= 8 && y < 48;
                    float level = (source[(channel * SIZE + y) * SIZE + SIZE - 1 - x] + 1) * 127.5f;
                    float expected = onCard
                            ? Byte.toUnsignedInt(cardPixels[((y - 8) * 40 + x - 8) * 3 + channel])
                            : Math.min(255f, level * 1.2f);
                    assertEquals(expected / 127.5f - 1, value, 1e-4f, "x=%d y=%d".formatted(x, y));
                }
            }
        }
    }

    @Test
    void shouldSplitIntoMicroBatchesWhenContextIsFull() {
        List<Sample> drawn = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            drawn.add(samples.make(
                    new Source.NeedleQuestions(List.of(8)), SEED.child(i).generator()));
        }
        // 1 + 8 * 4 + 30 + 2 = 65 tokens each
        List<PackedBatch> batches = SamplePacker.pack(drawn, 4, 130, "a test");
        assertEquals(3, batches.size());
        assertArrayEquals(new int[] {0, 41, 82}, batches.getFirst().cuSeqlens());
        assertEquals(16, batches.getFirst().frames().frameCount());
        assertEquals(
                List.of(5),
                List.of(batches.stream().mapToInt(b -> b.cuSeqlens().length - 1).sum()));
        RuntimeFailure failure =
                assertThrows(RuntimeFailure.class, () -> SamplePacker.pack(drawn, 4, 64, "stage a, step 3"));
        assertTrue(failure.toString().contains("stage a, step 3"), failure.toString());
    }

    @Test
    void shouldShareKeysBetweenTestsWhenOnlyCardDiffers() {
        Haystack haystack = Haystack.draw(samples, 120, SEED.child("haystack"));
        FrameSource shallow = haystack.test(40, new Needle(3, 1)).frames();
        FrameSource deep = haystack.test(120, new Needle(39, 8)).frames();
        float[] a = read(shallow, 0, 40);
        float[] b = read(deep, 0, 40);
        int perFrame = 3 * SIZE * SIZE;
        for (int i = 0; i < 40; i++) {
            assertEquals(
                    i == 3 ? -1 : haystack.test(41, new Needle(40, 0)).frames().key(i), shallow.key(i));
            if (shallow.key(i) >= 0 && shallow.key(i) == deep.key(i)) {
                float[] left = Arrays.copyOfRange(a, i * perFrame, (i + 1) * perFrame);
                assertArrayEquals(left, Arrays.copyOfRange(b, i * perFrame, (i + 1) * perFrame), "frame " + i);
            }
        }
        assertEquals(-1, deep.key(39));
        assertEquals(deep.key(50) + 1, deep.key(51));
        assertNotEquals(
                deep.key(5),
                Haystack.draw(samples, 120, SEED.child("other"))
                        .test(40, new Needle(3, 1))
                        .frames()
                        .key(5));
    }

    private static VideoSpec specOf(Sample sample) {
        return ((VideoFrames) sample.prepared().orElseThrow()).spec();
    }

    private static long labelled(Sample sample) {
        return Arrays.stream(sample.labels())
                .filter(label -> label != Sample.IGNORE)
                .count();
    }

    private static float[] read(FrameSource frames, int from, int to) {
        long sizeBytes = (long) (to - from) * 3 * SIZE * SIZE * Float.BYTES;
        try (TensorArena arena = TensorArena.open("test", sizeBytes)) {
            Tensor pixels = arena.allocate(to - from, 3, SIZE, SIZE);
            frames.read(from, to, pixels);
            return pixels.toFloats();
        }
    }
}
