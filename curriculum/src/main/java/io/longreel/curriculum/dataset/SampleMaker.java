package io.longreel.curriculum.dataset;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Source;
import io.longreel.config.StageSettings.Source.Captions;
import io.longreel.config.StageSettings.Source.NeedleQuestions;
import io.longreel.config.StageSettings.Source.Passkeys;
import io.longreel.curriculum.text.ByteTokenizer;
import io.longreel.curriculum.video.FrameStore;
import java.util.Arrays;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Makes the samples of the five stages (LongVILA, section 3): captions of single frames, questions about a needle card in a video, and
 * text-only passkeys. Texts are bytes; labels lie on the description or on the answer and the end token. A sample depends on the generator
 * that is passed in and on nothing else.
 */
public final class SampleMaker {
    /** Separates the frames from the answer; starts with a line break as LongVILA's needle questions do. */
    private static final String QUESTION = "\nWhich number is on the card? ";

    private static final String FILLER = "abcdefghijklmnopqrstuvwxyz ";
    private static final int KEY_LENGTH = key(0).length();
    /** Shortest filler that has room for the key. */
    private static final int FILLER_TOKENS_MIN = KEY_LENGTH + 3;

    private final FrameStore store;
    private final NeedleCard card;

    private SampleMaker(FrameStore store) {
        this.store = store;
        this.card = NeedleCard.forImageSize(store.footage().imageSize());
    }

    public static SampleMaker over(FrameStore store) {
        return new SampleMaker(store);
    }

    /** Tokens of the longest sample that a source can give, frames expanded: what a stage's context must have room for. */
    public static long tokensMax(Source source, int tokensPerFrame) {
        int answerTokens = 2;
        return switch (source) {
            case Captions captions -> 2L + tokensPerFrame + caption(0).length();
            case NeedleQuestions questions ->
                1
                        + (long) tokensPerFrame
                                * questions.frames().stream()
                                        .mapToInt(Integer::intValue)
                                        .max()
                                        .orElse(0)
                        + QUESTION.length()
                        + answerTokens;
            case Passkeys passkeys -> 1L + passkeys.tokensMax() + QUESTION.length() + answerTokens;
        };
    }

    public Sample make(Source source, RandomGenerator random) {
        return switch (source) {
            case Captions captions -> caption(random);
            case NeedleQuestions questions ->
                needleQuestion(
                        questions.frames().get(random.nextInt(questions.frames().size())), random);
            case Passkeys passkeys -> passkey(passkeys, random);
        };
    }

    /** A question about a needle in {@code video}, labelled on the answer alone: one token, which the test asks for. */
    Sample needleTest(VideoFrames video) {
        int digit = video.spec().needle().orElseThrow().digit();
        return Sample.of(question(video.frameCount(), digit, false), 1, Optional.of(video));
    }

    FrameStore store() {
        return store;
    }

    NeedleCard card() {
        return card;
    }

    /** One in eleven scenes has no card. */
    private Sample caption(RandomGenerator random) {
        int digit = random.nextInt(NeedleCard.DIGITS + 1);
        boolean hasCard = digit < NeedleCard.DIGITS;
        VideoSpec scene = VideoSpec.draw(1, footageFrames(), random);
        VideoSpec video = hasCard ? scene.withNeedle(new Needle(0, digit)) : scene;
        int[] text = ByteTokenizer.encode(hasCard ? caption(digit) : "a scene");
        int[] ids = concat(new int[] {ByteTokenizer.BEGIN, ByteTokenizer.IMAGE}, text, new int[] {ByteTokenizer.END});
        return Sample.of(ids, text.length + 1, Optional.of(VideoFrames.of(store, card, video)));
    }

    private Sample needleQuestion(int frames, RandomGenerator random) {
        Needle needle = new Needle(random.nextInt(frames), random.nextInt(NeedleCard.DIGITS));
        VideoSpec video = VideoSpec.draw(frames, footageFrames(), random).withNeedle(needle);
        int[] ids = question(frames, needle.digit(), true);
        return Sample.of(ids, 2, Optional.of(VideoFrames.of(store, card, video)));
    }

    private Sample passkey(Passkeys passkeys, RandomGenerator random) {
        if (passkeys.tokensMin() < FILLER_TOKENS_MIN || passkeys.tokensMax() < passkeys.tokensMin()) {
            throw RuntimeFailure.config("passkeys need a range of lengths from %d tokens up: tokensMin=%d tokensMax=%d"
                    .formatted(FILLER_TOKENS_MIN, passkeys.tokensMin(), passkeys.tokensMax()));
        }
        int digit = random.nextInt(NeedleCard.DIGITS);
        int[] text = new int[random.nextInt(passkeys.tokensMin(), passkeys.tokensMax() + 1)];
        for (int i = 0; i < text.length; i++) {
            text[i] = FILLER.charAt(random.nextInt(FILLER.length()));
        }
        int[] key = ByteTokenizer.encode(key(digit));
        System.arraycopy(key, 0, text, random.nextInt(text.length - key.length + 1), key.length);
        int[] ids = concat(new int[] {ByteTokenizer.BEGIN}, text, ByteTokenizer.encode(QUESTION), answer(digit, true));
        return Sample.of(ids, 2, Optional.empty());
    }

    private int footageFrames() {
        return store.footage().frameCount();
    }

    private static String caption(int digit) {
        return "a card with " + digit;
    }

    private static String key(int digit) {
        return " the card says " + digit + " ";
    }

    private static int[] question(int frames, int digit, boolean withEnd) {
        int[] markers = new int[frames];
        Arrays.fill(markers, ByteTokenizer.IMAGE);
        return concat(new int[] {ByteTokenizer.BEGIN}, markers, ByteTokenizer.encode(QUESTION), answer(digit, withEnd));
    }

    private static int[] answer(int digit, boolean withEnd) {
        int[] ids = ByteTokenizer.encode(Integer.toString(digit));
        return withEnd ? concat(ids, new int[] {ByteTokenizer.END}) : ids;
    }

    private static int[] concat(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
    }
}
