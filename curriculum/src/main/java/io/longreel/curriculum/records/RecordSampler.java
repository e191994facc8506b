package io.longreel.curriculum.records;

import io.longreel.config.DataSettings.Damaged;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Source;
import io.longreel.curriculum.corpus.DataRecord;
import io.longreel.curriculum.corpus.Mixture;
import io.longreel.curriculum.dataset.Sample;
import io.longreel.curriculum.media.MediaFrames;
import io.longreel.curriculum.media.MediaStore;
import io.longreel.curriculum.media.MediumView;
import io.longreel.curriculum.text.ChatIds;
import io.longreel.curriculum.text.TextForm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Samples out of the user's datasets. What a position holds follows from the files and the seed alone, so all ranks make the same sample, or find the same record
 * unusable. Media are counted here and decoded later. Safe for use by several threads.
 */
public final class RecordSampler {
    private final Mixture mixture;
    private final MediumView.Look look;
    private final MediaStore media;
    private final TextForm form;
    private final Limits limits;
    private final Damaged damaged;

    /**
     * What a sample must fit.
     *
     * @param vocabularySize ids that the model knows
     */
    public record Limits(int tokensPerFrame, int contextTokensMax, int vocabularySize) {}

    /** What a position holds: a sample, or a record that is left out. */
    public sealed interface Drawn {
        record Usable(Sample sample) implements Drawn {}

        record Left(SkippedRecord record) implements Drawn {}
    }

    public RecordSampler(
            Source.Dataset source, Mixture mixture, MediaStore media, TextForm form, Limits limits, Damaged damaged) {
        this.mixture = mixture;
        this.look = MediumView.Look.of(source);
        this.media = media;
        this.form = form;
        this.limits = limits;
        this.damaged = damaged;
    }

    /**
     * The sample at a position of the mixture.
     *
     * @param sample its place among the samples of the step
     * @throws RuntimeFailure when the record cannot be used and damaged records stop the run
     */
    public Drawn at(long position, int sample) {
        Mixture.Pick pick = mixture.at(position);
        String dataset = mixture.datasets().get(pick.datasetIndex()).name();
        try {
            return new Drawn.Usable(sample(mixture.read(pick)));
        } catch (RuntimeFailure e) {
            if (e.category() != RuntimeFailure.Category.DATA) {
                throw e;
            }
            if (damaged == Damaged.SKIP) {
                return new Drawn.Left(new SkippedRecord(sample, dataset, pick.recordIndex(), e.getMessage()));
            }
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "record %d of dataset %s cannot be used: %s; mend it, or set longreel.data.damaged = skip"
                            .formatted(pick.recordIndex(), dataset, e.getMessage()),
                    e);
        }
    }

    private Sample sample(DataRecord record) {
        return fitting(
                record.id(),
                switch (record) {
                    case DataRecord.Conversation conversation -> conversation(conversation);
                    case DataRecord.Text text ->
                        document(record.id(), form.wording().document(text.text()));
                    case DataRecord.Tokens tokens -> document(record.id(), tokens.ids());
                });
    }

    private Sample conversation(DataRecord.Conversation conversation) {
        MediaFrames frames = media.frames(conversation.media().stream()
                .map(medium -> new MediumView(medium, look))
                .toList());
        List<int[]> markers = new ArrayList<>();
        for (int medium = 0; medium < conversation.media().size(); medium++) {
            markers.add(markers(frames.frameCount(medium)));
        }
        ChatIds ids = form.chat().conversation(conversation.turns(), markers);
        return new Sample(
                ids.ids(),
                ids.labels(),
                form.imageToken(),
                ids.media(),
                frames.frameCount() == 0 ? Optional.empty() : Optional.of(frames));
    }

    private int[] markers(int frames) {
        int[] frame = IntStream.concat(IntStream.of(form.imageToken()), Arrays.stream(form.frameEnd()))
                .toArray();
        int[] all = new int[frames * frame.length];
        for (int i = 0; i < frames; i++) {
            System.arraycopy(frame, 0, all, i * frame.length, frame.length);
        }
        return all;
    }

    /** Text alone: every token but the first is learned. */
    private Sample document(String id, int[] ids) {
        if (ids.length < 2) {
            throw RuntimeFailure.data(
                    "record %s has nothing to learn: a document must have two tokens at least".formatted(id));
        }
        return new Sample(ids, ids.clone(), form.imageToken(), List.of(), Optional.empty());
    }

    private Sample fitting(String id, Sample sample) {
        for (int token : sample.ids()) {
            if (token != form.imageToken() && token >= limits.vocabularySize()) {
                throw RuntimeFailure.data(
                        "record %s has a token that the model lacks: token=%d vocabularySize=%d; was it tokenised for another model?"
                                .formatted(id, token, limits.vocabularySize()));
            }
        }
        long tokens = sample.expandedTokens(limits.tokensPerFrame());
        if (tokens > limits.contextTokensMax()) {
            long learned = Arrays.stream(sample.labels())
                    .filter(label -> label != Sample.IGNORE)
                    .count();
            throw RuntimeFailure.data(
                    "record %s has %d tokens (%d frames of %d, %d to learn) and the stage's context ends at %d; raise context-tokens-max, or lower frames-max"
                            .formatted(
                                    id,
                                    tokens,
                                    sample.frames().frameCount(),
                                    limits.tokensPerFrame(),
                                    learned,
                                    limits.contextTokensMax()));
        }
        return sample;
    }
}
