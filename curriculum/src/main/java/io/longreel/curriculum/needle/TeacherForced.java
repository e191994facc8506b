package io.longreel.curriculum.needle;

import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.curriculum.dataset.NeedleCard;
import io.longreel.curriculum.image.ImageProcessor;
import io.longreel.curriculum.text.Tokenizer;
import io.longreel.curriculum.text.Wording;
import io.longreel.curriculum.video.FootageStore;
import io.longreel.model.AnswerRun;
import io.longreel.model.PackedBatch;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Answers by teacher forcing (specification 7.1, items 3 to 5): what stands in front of media, a marker for each frame and nothing behind it, question, answer; the answer is labelled, and
 * the most likely token is taken at each label. It counts as right when its text is, lower case and without spaces.
 */
final class TeacherForced implements Examinee {
    private static final int IGNORE = -100;

    private final PromptEncoder encoder;
    private final FootageStore footage;
    private final ImageProcessor processor;
    private final NeedleCard card;
    private final AnswerRun.Setting setting;

    TeacherForced(PromptEncoder encoder, FootageStore footage, ImageProcessor processor, AnswerRun.Setting setting) {
        this.encoder = encoder;
        this.footage = footage;
        this.processor = processor;
        this.card = NeedleCard.forImageSize(processor.imageSize());
        this.setting = setting;
    }

    @Override
    public long tokens(Test test) {
        PackedBatch batch = batch(test);
        return batch.ids().length
                + (long) batch.frames().frameCount() * (encoder.model().tokensPerFrame() - 1);
    }

    @Override
    public void answer(List<Test> tests, Answers answers) {
        AnswerRun.run(setting, tests.size(), index -> batch(tests.get(index)), new AnswerRun.Answered() {
            @Override
            public void loaded() {
                answers.begun();
            }

            @Override
            public void answered(int index, int[] tokens) {
                answers.answered(result(tests.get(index).needle(), tokens));
            }
        });
    }

    private PackedBatch batch(Test test) {
        Wording wording = encoder.form().wording();
        HaystackFrames frames =
                new HaystackFrames(footage, processor, card, test.frames(), test.needleAt(), test.needle());
        int[] markers = new int[frames.frameCount()];
        Arrays.fill(markers, wording.imageToken());
        int[] answer = wording.answer(test.needle().answer());
        int[] ids =
                concat(wording.open(), markers, wording.question(test.needle().question()), answer);
        int[] labels = new int[ids.length];
        Arrays.fill(labels, IGNORE);
        System.arraycopy(answer, 0, labels, ids.length - answer.length, answer.length);
        return PackedBatch.single(ids, labels, wording.imageToken(), frames);
    }

    private CellResult.Test result(HiddenNeedle needle, int[] tokens) {
        int[] expected = encoder.form().wording().answer(needle.answer());
        Tokenizer tokenizer = encoder.tokenizer();
        String answered = tokenizer.decode(tokens);
        return new CellResult.Test(
                needle.question(),
                needle.answer(),
                answered,
                plain(answered).equals(plain(tokenizer.decode(expected))),
                Arrays.equals(tokens, expected));
    }

    /** As the authors compare answers. */
    static String plain(String answer) {
        return answer.toLowerCase(Locale.ROOT).replace(" ", "");
    }

    private static int[] concat(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
    }
}
