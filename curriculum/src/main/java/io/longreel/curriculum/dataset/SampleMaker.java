package io.longreel.curriculum.dataset;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Source;
import io.longreel.config.StageSettings.Source.Captions;
import io.longreel.config.StageSettings.Source.Dataset;
import io.longreel.config.StageSettings.Source.NeedleQuestions;
import io.longreel.config.StageSettings.Source.Passkeys;
import io.longreel.curriculum.text.Wording;
import io.longreel.curriculum.video.FootageStore;
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
    public static final String QUESTION = "\nWhich number is on the card? ";

    private static final String FILLER = "abcdefghijklmnopqrstuvwxyz ";
    private static final int KEY_LENGTH = key(0).length();
    private static final String SCENE = "a scene";
    /** Shortest filler that has room for the key. */
    private static final int FILLER_TOKENS_MIN = KEY_LENGTH + 3;

    private final FootageStore store;
    private final NeedleCard card;
    private final Wording wording;

    private SampleMaker(FootageStore store, Wording wording) {
        this.store = store;
        this.wording = wording;
        this.card = NeedleCard.forImageSize(store.footage().imageSize());
    }

    public static SampleMaker over(FootageStore store, Wording wording) {
        return new SampleMaker(store, wording);
    }

    /** Tokens of the longest sample that a source of this program's own can give, frames expanded: what a stage's context must have room for. */
    public static long tokensMax(Source source, int tokensPerFrame, Wording wording) {
        int around = wording.open().length + wording.end().length;
        int asked = wording.question(QUESTION).length + wording.answer("0").length;
        return switch (source) {
            case Captions captions ->
                around
                        + (long) tokensPerFrame
                        + wording.question("").length
                        + Math.max(wording.answer(caption(0)).length, wording.answer(SCENE).length);
            case NeedleQuestions questions ->
                around
                        + asked
                        + (long) tokensPerFrame
                                * questions.frames().stream()
                                        .mapToInt(Integer::intValue)
                                        .max()
                                        .orElse(0);
            case Passkeys passkeys -> around + asked + (long) passkeys.tokensMax();
            case Dataset dataset -> 0; // its records are judged one by one
        };
    }

    public Sample make(Source source, RandomGenerator random) {
        return switch (source) {
            case Captions captions -> caption(random);
            case NeedleQuestions questions ->
                needleQuestion(
                        questions.frames().get(random.nextInt(questions.frames().size())), random);
            case Passkeys passkeys -> passkey(passkeys, random);
            case Dataset dataset -> throw new IllegalArgumentException("records of datasets are read, not made");
        };
    }

    /** A question about a needle in {@code video}, labelled on the answer alone: one token, which the test asks for. */
    Sample needleTest(VideoFrames video) {
        int digit = video.spec().needle().orElseThrow().digit();
        int[] answer = {wording.digit(digit)};
        return sample(concat(question(video.frameCount()), answer), 1, Optional.of(video));
    }

    FootageStore store() {
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
        int[] text = concat(wording.answer(hasCard ? caption(digit) : SCENE), wording.end());
        int[] ids = concat(wording.open(), new int[] {wording.imageToken()}, wording.question(""), text);
        return sample(ids, text.length, Optional.of(VideoFrames.of(store, card, video)));
    }

    private Sample needleQuestion(int frames, RandomGenerator random) {
        Needle needle = new Needle(random.nextInt(frames), random.nextInt(NeedleCard.DIGITS));
        VideoSpec video = VideoSpec.draw(frames, footageFrames(), random).withNeedle(needle);
        int[] answer = answer(needle.digit());
        return sample(concat(question(frames), answer), answer.length, Optional.of(VideoFrames.of(store, card, video)));
    }

    private Sample passkey(Passkeys passkeys, RandomGenerator random) {
        if (passkeys.tokensMin() < FILLER_TOKENS_MIN || passkeys.tokensMax() < passkeys.tokensMin()) {
            throw RuntimeFailure.config("passkeys need a range of lengths from %d tokens up: tokensMin=%d tokensMax=%d"
                    .formatted(FILLER_TOKENS_MIN, passkeys.tokensMin(), passkeys.tokensMax()));
        }
        int digit = random.nextInt(NeedleCard.DIGITS);
        // As many characters: exactly so many tokens where text is bytes, at most as many elsewhere.
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(passkeys.tokensMin(), passkeys.tokensMax() + 1);
        for (int i = 0; i < length; i++) {
            text.append(FILLER.charAt(random.nextInt(FILLER.length())));
        }
        int at = random.nextInt(length - KEY_LENGTH + 1);
        text.replace(at, at + KEY_LENGTH, key(digit));
        int[] answer = answer(digit);
        int[] ids = concat(wording.open(), wording.text(text.toString()), wording.question(QUESTION), answer);
        return sample(ids, answer.length, Optional.empty());
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

    private int[] question(int frames) {
        int[] markers = new int[frames];
        Arrays.fill(markers, wording.imageToken());
        return concat(wording.open(), markers, wording.question(QUESTION));
    }

    private int[] answer(int digit) {
        return concat(wording.answer(Integer.toString(digit)), wording.end());
    }

    private Sample sample(int[] ids, int answerTokens, Optional<VideoFrames> video) {
        return Sample.of(ids, answerTokens, wording.imageToken(), video);
    }

    Wording wording() {
        return wording;
    }

    private static int[] concat(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
    }
}
